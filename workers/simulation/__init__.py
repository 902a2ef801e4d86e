"""The virtual-time driver: a seeded, deterministic world that runs the same nodes as the live one."""
