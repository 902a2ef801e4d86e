import pytest

from workers.services.leadership.listing import split, with_id, with_update


@pytest.mark.parametrize(
    ("listed", "number", "expected"),
    [
        ([], 1, ["a@x.1"]),
        (["a@x.1"], 2, ["a@x.1-2"]),
        (["a@w.7", "a@x.1-9"], 10, ["a@w.7", "a@x.1-10"]),
        (["a@x.1-2"], 5, ["a@x.1-2", "a@x.5"]),
        (["a@x.1-2", "a@x.4"], 3, ["a@x.1-4"]),
        (["b@x.1"], 2, ["a@x.2", "b@x.1"]),
    ],
)
def test_a_list_of_updates_grows_by_one_and_stays_as_short_as_it_can(listed, number, expected):
    grown = with_update(listed, "a", "x", number)
    assert sorted(grown) == expected or with_id(grown, f"a@x.{number}") == expected


def test_an_update_tells_its_origin_and_number():
    assert split("account-1@writer-a.12") == ("writer-a", 12)
