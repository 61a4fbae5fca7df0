"""The journal of a couple's moments."""
