from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from workers.model.codec import pack, unpack
from workers.runtime.cursor import Cursor, entry_id, entry_number, sent_us


class CursorAgainstPlainSets(RuleBasedStateMachine):
    """A shard reads a stream, gets copies of entries done in any order, commits, and is loaded again at any point."""

    @initialize(
        gaps=st.lists(st.integers(1, 9_000), max_size=12), copies=st.lists(st.integers(1, 2), min_size=12, max_size=12)
    )
    def make_a_stream(self, gaps, copies):
        self.stream = [sum(gaps[: n + 1]) for n in range(len(gaps))]
        self.copies = dict(zip(self.stream, copies, strict=False))
        self.done = dict.fromkeys(self.stream, 0)  # what this process has got done
        self.committed = dict(self.done)  # what the last commit says is done
        self.stored = (0, ([], {}))
        self.cursor = Cursor()
        self.in_hand = {}

    @rule(count=st.integers(1, 5))
    def read(self, count):
        following = [number for number in self.stream if number > self.cursor.high][:count]
        for number in following:
            expected = self.done[number] < self.copies[number]
            assert self.cursor.admit(number) == expected
            if expected:
                assert self.cursor.copies_done(number) == self.done[number]
                self.in_hand[number] = self.copies[number] - self.done[number]

    @precondition(lambda self: self.in_hand)
    @rule(data=st.data())
    def get_one_copy_done(self, data):
        number = data.draw(st.sampled_from(sorted(self.in_hand)))
        self.cursor.done(number, self.copies[number])
        self.done[number] += 1
        self.in_hand[number] -= 1
        if not self.in_hand[number]:
            del self.in_hand[number]

    @rule()
    def commit(self):
        beyond = self.cursor.beyond()
        self.stored = (self.cursor.low, ([], {}) if beyond is None else tuple(unpack(pack(beyond))))
        self.committed = dict(self.done)

    @rule()
    def crash(self):
        low, (ids, copies) = self.stored
        self.cursor = Cursor(low, (ids, copies))
        self.done = dict(self.committed)
        self.in_hand = {}

    @invariant()
    def everything_up_to_the_mark_is_done_and_the_rest_stands_beside_it(self):
        low = self.cursor.low
        assert all(self.done[n] == self.copies[n] for n in self.stream if n <= low)
        finished = [n for n in self.stream if n > low and self.done[n] == self.copies[n]]
        half = {n: self.done[n] for n in self.stream if 0 < self.done[n] < self.copies[n]}
        beyond = self.cursor.beyond()
        assert beyond is None or beyond == (finished, half)
        assert (beyond is None) == (not finished and not half)

    @invariant()
    def the_mark_is_as_high_as_what_was_read_allows(self):
        read = [n for n in self.stream if self.cursor.low < n <= self.cursor.high]
        assert not read or self.done[read[0]] < self.copies[read[0]]


TestCursorAgainstPlainSets = CursorAgainstPlainSets.TestCase


@given(st.integers(0, 2**50), st.integers(0, 4_095), st.integers(0, 2**50), st.integers(0, 4_095))
def test_an_entry_id_as_a_number_sorts_as_the_id_does(us, n, other_us, other_n):
    number = entry_number(f"{us}-{n}".encode())
    assert entry_id(number) == f"{us}-{n}"
    assert sent_us(number) == us
    assert (number < entry_number(f"{other_us}-{other_n}".encode())) == ((us, n) < (other_us, other_n))


def test_an_entry_that_was_done_before_the_mark_passed_it_is_skipped_and_lifts_the_mark():
    cursor = Cursor(5, ([7], {}))
    assert cursor.admit(6)
    cursor.done(6)
    assert (cursor.low, cursor.beyond()) == (6, ([7], {}))
    assert not cursor.admit(7)
    assert (cursor.low, cursor.high, cursor.beyond()) == (7, 7, None)
