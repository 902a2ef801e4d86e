"""Many clients who change one and the same key: by compare-and-write, or as commands to its one writer."""
