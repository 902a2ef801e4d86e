"""The simulated driver: the same shards, steps and network model, in virtual time."""
