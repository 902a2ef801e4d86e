"""A Celery application that does nothing but be there."""

import os

from celery import Celery

app = Celery("tiny", broker=os.environ.get("REDIS_URL", "memory://"))
