"""The moments. Each has a file that reads like what it plays; rituals of the usual shape need none."""
