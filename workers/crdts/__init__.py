"""Replicated data types as immutable values, one module a type; ``merge`` is a join. No I/O, no clock."""
