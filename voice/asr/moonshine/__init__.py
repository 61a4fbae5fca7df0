"""Moonshine: a second ear for English, which hears words where the first one hears phones."""
