"""The sections of a scenario, one module each: what its author may write there, with a remedy in every rule."""
