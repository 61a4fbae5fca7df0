"""The conversation: the loop, and the moment it plays."""
