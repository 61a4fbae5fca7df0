"""Settings: the file, and the changes by voice."""
