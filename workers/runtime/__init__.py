"""The live driver: shards on Redis streams, instances as Celery tasks. The only importer of redis and celery."""
