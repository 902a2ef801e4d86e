from hypothesis import given
from hypothesis import strategies as st

from workers.crdts.causal import EMPTY, CausalContext, context_of, context_of_dots
from workers.crdts.version_vector import Order, advanced, compare, decoded, descends, encoded, merged
from workers.model.codec import pack, unpack

DOTS = st.frozensets(st.tuples(st.sampled_from("abc"), st.integers(1, 6)), max_size=14)


def expanded(context):
    """The plain set that a context stands for."""
    return {(replica, n) for replica, last in context.vector.items() for n in range(1, last + 1)} | context.cloud


def test_a_context_is_a_vector_while_there_is_no_gap_and_keeps_the_gap():
    assert context_of({}, [("a", 1), ("a", 2)]) == CausalContext({"a": 2}, frozenset())
    assert context_of({}, [("a", 1), ("a", 3)]) == CausalContext({"a": 1}, frozenset({("a", 3)}))
    assert context_of({"a": 1}, [("a", 3)]).with_dots([("a", 2)]) == CausalContext({"a": 3}, frozenset())
    assert EMPTY.next_dot("a") == ("a", 1)
    assert context_of({"a": 1}, [("a", 3), ("b", 7)]).next_dot("a") == ("a", 4)


@given(DOTS, DOTS, DOTS)
def test_a_context_behaves_as_the_set_of_its_dots(left, right, few):
    a, b = context_of({}, left), context_of({}, right)
    assert expanded(a) == left
    assert expanded(a.join(b)) == left | right
    assert a.join(b) == b.join(a) == context_of({}, left | right)
    assert a.with_dots(few) == context_of({}, left | few)
    assert context_of_dots(few) == context_of({}, few)
    assert a.leq(b) == (left <= right)
    for dot in left | right:
        assert (dot in a) == (dot in left)
    for replica in "abc":
        dot = a.next_dot(replica)
        assert dot not in left
        assert a.advanced(replica) == (dot, context_of({}, left | {dot}))
    assert CausalContext.decode(unpack(pack(a.encode()))) == a
    assert pack(CausalContext.decode(a.encode()).encode()) == pack(a.encode())


VECTORS = st.dictionaries(st.sampled_from("abc"), st.integers(1, 3))


@given(VECTORS, VECTORS)
def test_vectors_are_compared_as_the_sets_of_updates_that_they_count(left, right):
    a, b = ({(r, n) for r, last in v.items() for n in range(1, last + 1)} for v in (left, right))
    expected = {(True, True): Order.EQUAL, (True, False): Order.BEFORE, (False, True): Order.AFTER}
    assert compare(left, right) is expected.get((a <= b, b <= a), Order.CONCURRENT)
    assert descends(left, right) == (a >= b)
    assert compare(left, merged(left, right)) in (Order.EQUAL, Order.BEFORE)
    assert merged(left, right) == merged(right, left)
    assert decoded(unpack(pack(encoded(left)))) == left
    assert compare(left, advanced(left, "a")) is Order.BEFORE
