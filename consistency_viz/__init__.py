"""The observer: watches a run's observation stream, checks it, keeps it, and shows it.

Imports point one way: ``live -> experiments -> observation -> checkers -> workers.model``. The system under
observation is ``workers``; the two share a vocabulary and streams, nothing else.
"""
