"""Replicated regions: a replica of the same entities in each, the ways in which they tell each other, and clients.

What an entity is, is a type of ``workers.crdts``; what its clients do to it is its kind. Everything here is pure.
"""
