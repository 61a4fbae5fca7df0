"""Files on disk: the database, paths, caches."""
