"""Entry points for ``manage.py``."""
