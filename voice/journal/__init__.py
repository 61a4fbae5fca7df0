"""The journal: moments, the tally and notes that a couple chose to keep."""
