"""Understanding of text beyond the grammar: frames, slots anywhere in a sentence, and nearness in meaning."""
