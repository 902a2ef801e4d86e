"""The HTTP API under ``/api/v1``: everything that the admin and the pages do with experiments, for programs.

Its description is at ``/api/v1/openapi.json``; there is no page that would load a viewer from elsewhere.
"""
