"""Microphone frames to utterances."""
