"""Speech recognition: acoustic model, lexicon, grammar, decoder, and Vosk."""
