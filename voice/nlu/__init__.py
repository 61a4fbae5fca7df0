"""From words to intents: the pack of a language, and the matcher."""
