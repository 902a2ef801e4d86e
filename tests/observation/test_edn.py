"""The reader of EDN against the notation's own rules, and the writer against the reader."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency_viz.observation.formats.edn import DEPTH_MAX, EdnError, EdnSet, Keyword, identity, plain, read_all
from consistency_viz.observation.formats.edn_writer import edn, named


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("nil", None),
        ("true", True),
        ("false", False),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("123456789012345678901234567890N", 123456789012345678901234567890),
        ("1.5", 1.5),
        ("-1.5e3", -1500.0),
        ("2M", 2.0),
        ("1e3", 1000.0),
        ('"a"', "a"),
        (r'"\"\\\n\t\r"', '"\\\n\t\r'),
        (r'"\u00e9\ud83d\ude00"', "é😀"),
        ('"two\nlines"', "two\nlines"),
        (":a", ":a"),
        (":a/b-c?", ":a/b-c?"),
        ("foo/bar", "foo/bar"),
        (r"\a", "a"),
        (r"\newline", "\n"),
        (r"\u00e9", "é"),
        ("[1 2]", [1, 2]),
        ("(1 2)", [1, 2]),
        ("[1,2,,3]", [1, 2, 3]),
        ("#{1 2}", [1, 2]),
        ("{:a 1 :b [2]}", {"a": 1, "b": [2]}),
        ('{"a" 1, [1 2] 3, 4 5}', {"a": 1, "[1,2]": 3, "4": 5}),
        ('#inst "2020-01-01"', "2020-01-01"),
        ("#jepsen.history.Op{:index 0}", {"index": 0}),
        ('#:a {:b 1 "c" 2 :d/e 3 :_/f 4}', {"a/b": 1, "c": 2, "d/e": 3, "f": 4}),
        ('#object[java.lang.Thread$State 0x1F "RUNNABLE"]', ["java.lang.Thread$State", 31, "RUNNABLE"]),
        (
            '#error {:cause nil :trace [[a.B <init> "B.java" 3]]}',
            {"cause": None, "trace": [["a.B", "<init>", "B.java", 3]]},
        ),
        ("[1 ; two\n 3]", [1, 3]),
        ("[1 #_ 2 3]", [1, 3]),
        ("[1 #_ #_ 2 3 4]", [1, 4]),
        ("[#_{:a [1]}]", []),
    ],
)
def test_a_value_is_read_as_what_it_is(text: str, value: Any) -> None:
    (found,) = read_all(text)
    assert plain(found) == value
    assert type(plain(found)) is type(value)


def test_a_keyword_and_a_set_are_still_known() -> None:
    keyword, elements = read_all(":a #{3 1}")
    assert (type(keyword), keyword.name) == (Keyword, "a")
    assert (type(elements), list(elements), plain(elements)) == (EdnSet, [3, 1], [1, 3])


def test_numbers_that_are_none_are_read_as_such() -> None:
    infinite, negative, none = read_all("##Inf ##-Inf ##NaN")
    assert (infinite, negative, math.isnan(none)) == (math.inf, -math.inf, True)


def test_sets_are_equal_in_any_order_and_vectors_are_not() -> None:
    first, second, third, fourth = read_all('#{1 "a" [2]} #{[2] 1 "a"} [1 2] [2 1]')
    assert identity(first) == identity(second)
    assert identity(third) != identity(fourth)


@pytest.mark.parametrize(
    ("text", "problem", "offset"),
    [
        ("[1 2", "']' is missing", 0),
        ("[1 2)", "')' where ']' was due", 4),
        ("1 }", "'}' closes nothing", 2),
        ("{:a}", "a map has a key without a value", 0),
        ('{:a 1 "a" 2}', "a map has the key 'a' twice", 0),
        ("#{1 2 1}", "a set has an element twice", 0),
        ('1 "a', "a string is not closed", 2),
        (r'"\q"', r"\q is no escape in a string", 0),
        (r'"\ud83d"', "a string has half of a surrogate pair", 0),
        (r"\foo", r"\foo is no character", 0),
        ("01", "'01' is no number", 0),
        ("1/2", "'1/2' is a ratio, and a history has whole numbers", 0),
        ("[#:a [1]]", "#: begins a map of a name space, as in #:space{:a 1}", 1),
        ("0x", "'0x' is no number", 0),
        ("1.5N", "'1.5N' is no number", 0),
        ("٣", "'٣' is no number", 0),
        ("::a", "'::a' is no keyword", 0),
        (":", "':' is no keyword", 0),
        ("a@b", "'a@b' is nothing that EDN knows", 0),
        ("#_", "#_ discards nothing", 0),
        ("[#inst]", "the tag #inst has no value", 1),
        ("# 1", "a tag has a name, as in #inst", 0),
        ("##Foo", "only ##Inf, ##-Inf and ##NaN begin with ##", 0),
        ("9" * 1001, "a number longer than 1,000 digits", 0),
        ("[" * (DEPTH_MAX + 2), f"nested more than {DEPTH_MAX} deep", DEPTH_MAX + 1),
        ("#_ " * 100_000, f"nested more than {DEPTH_MAX} deep", 3 * DEPTH_MAX + 3),
    ],
)
def test_what_is_no_edn_is_refused_at_its_place(text: str, problem: str, offset: int) -> None:
    with pytest.raises(EdnError) as caught:
        read_all(text)
    assert (caught.value.problem, caught.value.offset) == (problem, offset)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_what_is_written_is_read_as_the_same(value: Any) -> None:
    text = edn(value)
    assert "\n" not in text
    (found,) = read_all(text)
    assert identity(found) == identity(value)
    assert plain(found) == value


def offset_of_the_error(text: str) -> int:
    """0 where there is none."""
    try:
        read_all(text)
    except EdnError as error:
        return error.offset
    return 0


@given(st.text(st.sampled_from('[](){}#_\\";:.,/a1N+-\n \u00e9')) | st.text())
def test_no_text_does_worse_than_being_refused(text: str) -> None:
    assert 0 <= offset_of_the_error(text) <= len(text)


def test_a_name_is_a_keyword_only_where_it_can_be_one() -> None:
    assert [edn(named(name)) for name in ("read", "start-partition", "two words", "1")] == [
        ":read",
        ":start-partition",
        '"two words"',
        '"1"',
    ]
