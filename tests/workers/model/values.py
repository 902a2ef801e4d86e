"""Hypothesis strategies for what travels and what is recorded."""

from __future__ import annotations

from typing import Any, get_type_hints

from hypothesis import strategies as st

from workers.model.message import Message
from workers.model.observation import (
    Applied,
    Changed,
    Completed,
    Delivered,
    Dropped,
    Effected,
    Faulted,
    Invoked,
    Sent,
)

texts = st.text(st.characters(codec="utf-8"), max_size=8)
integers = st.integers(-(2**53), 2**53)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | integers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
json_objects = st.dictionaries(texts, json_values, max_size=3)
messages = st.builds(
    Message, texts, texts, texts, texts, texts, json_objects, texts, st.integers(0, 2**31), texts, texts, texts
)

BODY_CLASSES = (Sent, Delivered, Dropped, Applied, Invoked, Completed, Effected, Changed, Faulted)


def bodies_of(body_class: type) -> st.SearchStrategy[Any]:
    by_type: dict[Any, st.SearchStrategy[Any]] = {
        str: texts,
        int: integers,
        Any: json_values,
        list[str]: st.lists(texts, max_size=3),
        list[str] | None: st.none() | st.lists(texts, max_size=3),
    }
    hints = get_type_hints(body_class)
    chosen = {
        name: by_type[hint] if hint in by_type else st.sampled_from(hint.__args__) for name, hint in hints.items()
    }
    return st.builds(body_class, **chosen)


bodies = st.one_of(*(bodies_of(body_class) for body_class in BODY_CLASSES))
