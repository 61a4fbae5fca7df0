"""Speech to words: endpointer, phoneme model, lexicon, grammar, decoder."""
