"""What the people in a room may do: what the scenario's own entities offer, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency_viz.experiments import stack
from consistency_viz.rooms.offers import Offers, WishRefusedError
from workers.cluster.plan import build


def offers(name):
    return Offers(build(next(s for s in stack.catalogue() if s.name == name)))


@pytest.mark.parametrize(
    ("scenario", "actions", "targets"),
    [
        ("likes", {("increment", "likes-1"), ("increment", "likes-2")}, ("eu", "us", "ap")),
        ("last-ticket-twice", {("buy", "stock-1")}, ("eu", "us", "ap")),
        ("add-against-remove", {("add", "cart-1"), ("remove", "cart-1"), ("clear", "cart-1")}, ("eu", "us")),
        ("reply-before-question", {("add", "thread-1")}, ("eu", "us", "ap")),
        ("where-is-my-order", {("place", "order")}, ("view-1", "view-2")),
    ],
)
def test_a_lesson_offers_its_own_actions_at_its_own_replicas(scenario, actions, targets):
    found = offers(scenario)
    assert {(offer.do, offer.key) for offer in found.all()} == actions
    assert set(found.targets) == set(targets)
    assert found.reason == ""
    assert [found.target_of(seat) for seat in range(1, len(targets) + 2)] == [*found.targets, found.targets[0]]


@pytest.mark.parametrize("scenario", ["how-eventual", "stampede", "zombie-writer", "forty-three-seconds"])
def test_where_the_clients_are_the_laboratorys_own_the_room_is_told_so(scenario):
    found = offers(scenario)
    assert (found.all(), found.target_of(1)) == ((), "")
    assert found.reason.startswith("The clients of this lesson")
    with pytest.raises(WishRefusedError):
        found.wish(1, "read", "x", None)


def test_every_lesson_offers_something_or_says_why_not():
    for scenario in stack.catalogue():
        found = Offers(build(scenario))
        assert bool(found.all()) != bool(found.reason)
        assert bool(found.all()) == bool(found.targets)


def test_a_wish_is_sent_to_the_replica_of_its_seat():
    found = offers("add-against-remove")
    assert found.wish(2, "add", "cart-1", "  oat   milk ") == {
        "do": "add", "key": "cart-1", "target": found.targets[1], "value": "oat milk",
    }  # fmt: skip
    assert found.wish(1, "remove", "cart-1", "oat milk (guest-2-1f)")["value"] == "oat milk (guest-2-1f)"
    assert found.wish(1, "clear", "cart-1", "whatever")["value"] is None


def test_an_order_is_priced_by_us_not_by_who_orders():
    order = offers("where-is-my-order").wish(1, "place", "order", {"sku": "kettle", "country": "DE", "net_cents": 1})
    assert order["value"] == {
        "lines": [{"sku": "kettle", "quantity": 1, "unit_cents": stack.prices()["kettle"]}],
        "country": "DE",
        "email": "guest@example.org",
    }


@pytest.mark.parametrize(
    ("scenario", "do", "key", "value"),
    [
        ("likes", "assign", "likes-1", "7"),
        ("likes", "increment", "likes-9", None),
        ("likes", "read", "likes-9", None),
        ("likes", "place", "order", {}),
        ("add-against-remove", "add", "cart-1", ""),
        ("add-against-remove", "add", "cart-1", 7),
        ("add-against-remove", "add", "cart-1", "x" * 41),
        ("where-is-my-order", "place", "order", {"sku": "a yacht", "country": "DE"}),
        ("where-is-my-order", "place", "order", {"sku": "kettle", "country": "Atlantis"}),
        ("where-is-my-order", "place", "order", "kettle"),
        ("where-is-my-order", "place", "order", {"sku": [], "country": "DE"}),
        ("where-is-my-order", "place", "order", {"sku": "kettle", "country": {}}),
        ("where-is-my-order", "read", "x" * 65, None),
    ],
)
def test_what_was_not_offered_is_refused_with_a_remedy(scenario, do, key, value):
    with pytest.raises(WishRefusedError) as caught:
        offers(scenario).wish(1, do, key, value)
    assert caught.value.remedy


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
FOUND = [offers(name) for name in ("likes", "add-against-remove", "where-is-my-order", "last-ticket-twice")]


@given(
    st.sampled_from(FOUND),
    st.sampled_from(["read", "add", "remove", "clear", "increment", "buy", "place"]),
    st.text(max_size=70),
    JSON,
)
def test_any_wish_is_either_offered_or_refused(found, do, key, value):
    for named in (key, "cart-1", "likes-1", "stock-1", "order"):
        try:
            data = found.wish(1, do, named, value)
        except WishRefusedError:
            continue
        assert set(data) == {"do", "key", "target", "value"}
        assert data["do"] == "read" or any(offer.do == data["do"] for offer in found.all())
