"""Benchmark: measures recognition on a set of recordings."""
