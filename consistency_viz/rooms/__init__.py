"""Rooms: a presenter, a projector, and an audience whose phones are the concurrent clients of a run."""
