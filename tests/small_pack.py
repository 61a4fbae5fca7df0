"""A small, complete English pack for tests, independent of the shipped one."""

from pathlib import Path

__all__ = ["SMALL"]

SMALL = Path(__file__).parent / "packs" / "small"
"""The pack's folder; a test that changes it makes a copy."""
