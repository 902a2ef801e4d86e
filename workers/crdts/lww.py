"""The total order by which a last writer wins: (time, node, operation id).

Times are integers of the writer's protocol clock, or packed hybrid stamps (``hlc.Stamp.packed``). Equal times are
ordinary, so node and operation id must decide; deciding by arrival diverges for ever, see ``broken.lww_by_arrival``.
"""

from __future__ import annotations

from typing import Any

LwwStamp = tuple[int, str, str]
"""Time, node, operation id; tuples order as they should."""


class StampReusedError(ValueError):
    """Two different writes carry one stamp, so no order can choose between them."""

    def __init__(self, stamp: LwwStamp, left: Any, right: Any) -> None:
        super().__init__(
            f"two writes carry the stamp (time {stamp[0]}, node {stamp[1]!r}, operation {stamp[2]!r}) but differ: "
            f"{left!r} and {right!r}; give each write an operation id of its own"
        )


def check_stamp(time: int, node: str, operation: str) -> LwwStamp:
    """The stamp of these parts. TypeError for a time that is no integer."""
    if type(time) is not int:
        raise TypeError(f"the time {time!r} of {operation!r} is no integer; use microseconds or a packed hybrid stamp")
    return time, node, operation
