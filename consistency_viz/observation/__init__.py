"""Tails the observation stream of a run, feeds the checkers, archives and exports histories."""
