"""One module for each command of this app."""
