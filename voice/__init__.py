"""Micro-Moments: an offline voice assistant for couples."""

__version__ = "0.1.0"
