"""Broken: a digest of a replica as the XOR of the hashes of what it applied, kept up to date message by message.

An update that was applied twice cancels out, so a replica that saw it twice looks like one that never saw it, and an
anti-entropy that compares digests leaves them apart. Right: ``canonical.digest`` over the whole value.
"""

from __future__ import annotations

from hashlib import blake2b

NOTHING = 0


def with_update(digest: int, update: str) -> int:
    """The digest after ``update`` was applied once more."""
    return digest ^ int.from_bytes(blake2b(update.encode(), digest_size=8).digest())
