"""Strongly connected components, without recursion (Tarjan 1972)."""

from __future__ import annotations

from collections.abc import Sequence


def components(predecessors: Sequence[Sequence[int]]) -> list[list[int]]:
    """The components of the graph in which ``predecessors[n]`` point at n, each after all that reach it."""
    size = len(predecessors)
    order = [0] * size  # 0: not visited yet
    low = [0] * size
    on_stack = bytearray(size)
    stack: list[int] = []
    found: list[list[int]] = []
    count = 0
    for root in range(size):
        if order[root]:
            continue
        work = [(root, 0)]
        while work:
            node, place = work.pop()
            if not place:
                count += 1
                order[node] = low[node] = count
                stack.append(node)
                on_stack[node] = 1
            for place in range(place, len(predecessors[node])):  # noqa: B020 - it goes on where it stopped
                other = predecessors[node][place]
                if not order[other]:
                    work.append((node, place + 1))
                    work.append((other, 0))
                    break
                if on_stack[other]:
                    low[node] = min(low[node], order[other])
            else:
                if low[node] == order[node]:
                    found.append(_popped(stack, on_stack, node))
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
    return found


def _popped(stack: list[int], on_stack: bytearray, root: int) -> list[int]:
    members = []
    while True:
        node = stack.pop()
        on_stack[node] = 0
        members.append(node)
        if node == root:
            return members
