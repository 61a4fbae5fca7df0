"""The mouth: text to sound, chimes, and cues laid on one timeline of samples."""
