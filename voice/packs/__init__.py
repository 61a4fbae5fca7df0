"""A language's pack: its sentences, lines and cards."""
