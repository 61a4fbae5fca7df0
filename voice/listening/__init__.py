"""Listening: from microphone frames to utterances and intents."""
