"""The laboratory itself: starts, watches and ends the server and the processes that an experiment needs.

The top layer: it may import everything, and nothing imports it but management commands and tests. It knows processes,
ports and files, and nothing of consistency.
"""
