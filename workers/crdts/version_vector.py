"""Version vectors: how many updates of each replica are known. Absent and zero are the same and kept absent.

Parker et al., "Detection of mutual inconsistency in distributed systems" (1983).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

VersionVector = Mapping[str, int]
"""Replica id to the number of its latest known update; numbers start at 1."""


class Order(StrEnum):
    """How two versions stand to each other."""

    EQUAL = "equal"
    BEFORE = "before"
    AFTER = "after"
    CONCURRENT = "concurrent"


def descends(newer: VersionVector, older: VersionVector) -> bool:
    """Whether ``newer`` knows everything that ``older`` knows."""
    get = newer.get
    return all(get(replica, 0) >= number for replica, number in older.items())


def compare(left: VersionVector, right: VersionVector) -> Order:
    """The order of ``left`` against ``right``."""
    left_knows, right_knows = descends(left, right), descends(right, left)
    if left_knows:
        return Order.EQUAL if right_knows else Order.AFTER
    return Order.BEFORE if right_knows else Order.CONCURRENT


def merged(left: VersionVector, right: VersionVector) -> dict[str, int]:
    """The least vector that descends from both."""
    result = dict(left)
    for replica, number in right.items():
        if number > result.get(replica, 0):
            result[replica] = number
    return result


def advanced(vector: VersionVector, replica: str) -> dict[str, int]:
    """``vector`` after one more update of ``replica``."""
    return {**vector, replica: vector.get(replica, 0) + 1}


def encoded(vector: VersionVector) -> list[list[Any]]:
    """Sorted ``[replica, number]`` pairs."""
    return [[replica, vector[replica]] for replica in sorted(vector)]


def decoded(pairs: list[list[Any]]) -> dict[str, int]:
    """The vector of ``encoded`` pairs."""
    return {replica: number for replica, number in pairs if number}
