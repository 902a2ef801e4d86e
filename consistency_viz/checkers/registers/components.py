"""What comes before what: an order of it, or strongly connected components, without recursion (Tarjan 1972)."""

from __future__ import annotations

from collections.abc import Sequence


def in_turn(predecessors: Sequence[Sequence[int]]) -> list[int] | None:
    """The nodes, each after its ``predecessors[n]``; ``None`` if the graph has cycles.

    Quick where most predecessors have the smaller numbers.
    """
    order: list[int] = []
    state = bytearray(len(predecessors))  # 0: not visited, 1: waits for its predecessors, 2: done
    for root, before_root in enumerate(predecessors):
        if state[root]:
            continue
        if all(state[before] == 2 for before in before_root):
            state[root] = 2
            order.append(root)
            continue
        stack = [root]
        while stack:
            node = stack[-1]
            waits_for = [before for before in predecessors[node] if state[before] != 2]
            if state[node] == 2 or not waits_for:
                stack.pop()
                if state[node] != 2:
                    state[node] = 2
                    order.append(node)
                continue
            state[node] = 1
            if any(state[before] for before in waits_for):
                return None
            stack += waits_for
    return order


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
