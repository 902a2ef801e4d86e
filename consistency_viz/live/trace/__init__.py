"""The trace of a run for the space-time diagram: its history again, as columns, in pieces, while it grows."""
