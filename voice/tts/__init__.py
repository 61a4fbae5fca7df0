"""Speech out: text to speech, chimes, and cues laid out on one timeline."""
