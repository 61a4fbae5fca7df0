"""Packs: the sentences, lines, cards and pronunciations of one language."""
