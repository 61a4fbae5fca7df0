"""Files on disk: the database, private files, the disk cache, and the paths of them all."""
