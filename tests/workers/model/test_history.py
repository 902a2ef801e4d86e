import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.model.values import BODY_CLASSES, bodies_of, integers, json_objects, texts
from workers.model.history import Header, expand, header_line, line, parse, parse_header
from workers.model.observation import Applied, Changed, Completed, Observation, Turn


@pytest.mark.parametrize("body_class", BODY_CLASSES, ids=lambda c: c.__name__)
def test_a_line_of_each_kind_reads_back_as_it_was_written(body_class):
    @given(st.integers(0, 2**53), integers, texts, bodies_of(body_class))
    def round_trip(index, at_us, node, body):
        observation = Observation(index, at_us, node, body)
        assert parse(line(observation)) == observation

    round_trip()


def test_a_line_names_every_field_in_sorted_order():
    observation = Observation(
        3, 1_000, "view-1", Applied("o1", {"status": "placed", "net_cents": 5}, "o1:OrderPlaced", 1)
    )
    assert line(observation) == (
        b'{"at_us":1000,"index":3,"key":"o1","kind":"applied","node":"view-1","update":"o1:OrderPlaced",'
        b'"value":{"net_cents":5,"status":"placed"},"version":1}'
    )


def test_a_field_with_a_default_may_be_left_out_of_a_line():
    short = b'{"kind":"changed","index":0,"at_us":1,"node":"tax","instance":"tax.1","state":"up","epoch":1}'
    assert parse(short) == Observation(0, 1, "tax", Changed("tax.1", "up", 1))


def test_turns_become_observations_with_an_index_without_gaps():
    first, second, third = (Changed(f"tax.{n}", "up", n) for n in (1, 2, 3))
    turns = [(10, Turn("tax", "tax.1", 1, [first, second])), (11, Turn("email", "email.1", 2, [third]))]
    assert list(expand(turns, first_index=5)) == [
        Observation(5, 10, "tax", first),
        Observation(6, 10, "tax", second),
        Observation(7, 11, "email", third),
    ]


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b"[]", "Expected `object`"),
        (b'{"index":0,"at_us":1,"node":"n"}', "missing required field `kind`"),
        (b'{"kind":"rumour","index":0,"at_us":1,"node":"n"}', "Invalid value 'rumour'"),
        (
            b'{"kind":"effected","index":0,"at_us":1,"node":"n","effect":"email","key":"o1"}',
            "missing required field `detail`",
        ),
        (b'{"kind":"effected","index":"0","at_us":1,"node":"n","effect":"e","key":"k","detail":1}', "$.index"),
        (
            b'{"kind":"effected","index":0,"at_us":1,"node":"n","effect":"e","key":"k","detail":1,"x":2}',
            "unknown field `x`",
        ),
        (
            (
                b'{"kind":"completed","index":0,"at_us":1,"node":"n","op":"o","session":"s","f":"f","key":"k",'
                b'"outcome":"maybe","value":1}'
            ),
            "$.outcome",
        ),
    ],
)
def test_a_bad_line_is_refused_by_naming_the_place(raw, complaint):
    with pytest.raises(msgspec.DecodeError) as caught:
        parse(raw)
    assert complaint in str(caught.value)


@given(texts, st.integers(0, 2**53), st.lists(texts, max_size=3), json_objects)
def test_a_header_reads_back_as_it_was_written(scenario, seed, replicas, plan):
    header = Header(scenario, "synchronous", seed, "live", replicas, run="r1", plan=plan)
    assert parse_header(header_line(header)) == header


def test_a_header_with_an_unknown_field_is_refused():
    with pytest.raises(msgspec.ValidationError) as caught:
        parse_header(b'{"scenario":"s","design":"d","seed":1,"driver":"live","replicas":[],"mood":"good"}')
    assert "unknown field `mood`" in str(caught.value)


def test_equal_observations_are_equal_bytes():
    one = Observation(0, 1, "c", Completed("op", "s1", "read", "o1", "ok", {"a": 1, "b": {"c": 2, "d": 3}}))
    other = Observation(0, 1, "c", Completed("op", "s1", "read", "o1", "ok", {"b": {"d": 3, "c": 2}, "a": 1}))
    assert line(one) == line(other)
