"""What strangers call themselves is made fit to be shown, whatever it was."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency_viz.rooms.names import CODE_ALPHABET, NAME_LENGTH_MAX, code_of, name_of, new_code


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("  Ana   Maria ", "Ana Maria"),
        ("Ana\nMaria\tB", "Ana Maria B"),
        ("\u202eevil\u202c", "evil"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("\uff21\uff4e\uff41", "Ana"),
        ("<b>Bo</b>", "<b>Bo</b>"),
        ("", "Guest"),
        ("\u200b\u200b", "Guest"),
        ("x" * 1_000, "x" * NAME_LENGTH_MAX),
        ("Zoë", "Zoë"),
        ("e" + "\u0301" * 40, "é" + "\u0301" * 2),
    ],
)
def test_a_name_is_on_one_line_and_without_tricks(typed, shown):
    assert name_of(typed) == shown


def test_a_name_that_is_taken_gets_a_number_however_it_is_spelt():
    assert name_of("ana", ["Ana"]) == "ana 2"
    assert name_of("Ana", ["ANA", "Ana 2"]) == "Ana 3"
    longest = "x" * NAME_LENGTH_MAX
    assert name_of(longest, [longest]) == "x" * (NAME_LENGTH_MAX - 2) + " 2"


@given(st.text(max_size=200), st.lists(st.text(max_size=30), max_size=3))
def test_any_text_becomes_a_bounded_visible_name_of_its_own(typed, others):
    taken = [name_of(other) for other in others]
    name = name_of(typed, taken)
    assert 0 < len(name) <= NAME_LENGTH_MAX
    assert name == name.strip()
    assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for letter in name)
    assert name.casefold() not in {other.casefold() for other in taken}


def test_a_code_is_read_as_it_was_meant():
    code = new_code()
    assert len(code) == 6
    assert set(code) <= set(CODE_ALPHABET)
    assert code_of(f" {code[:3].lower()}-{code[3:]} ") == code
    assert code_of("é" * 5_000) == "É" * 40
