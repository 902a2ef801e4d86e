"""Evidence by values: plain registers, which write each read saw, and the causal order that follows from it."""
