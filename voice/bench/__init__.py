"""Measures recognition on recordings."""
