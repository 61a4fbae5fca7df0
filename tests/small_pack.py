"""A small, whole English pack that belongs to the tests, so that what we ship may change."""

from pathlib import Path

__all__ = ["SMALL"]

SMALL = Path(__file__).parent / "packs" / "small"
"""The pack's folder; whoever changes it takes a copy."""
