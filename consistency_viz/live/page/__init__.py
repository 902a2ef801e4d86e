"""The fold of a run's observations to what its page shows. Pure and incremental: no clock, no socket, no database.

Every table here folds its changes by the rules of ``static/js/store.js``, so that a page that folded every delta shows
what a new snapshot would show; ``tests/live/test_page.py`` holds both to that.
"""
