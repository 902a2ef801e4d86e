"""Forks of simulated runs: what can be otherwise from an instant on, the run that comes of it, and how it is told."""
