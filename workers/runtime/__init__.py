"""The live driver, and the only importer of redis and celery among the workers."""
