from consistency_viz.checkers.visibility import EDGES_US, TIMES_EXACT_MAX, Point, Reached, Visibility, lists, reach
from workers.model.observation import Completed, Invoked, Observation


class Record:
    """A history in the making: operations by name, at times in microseconds."""

    def __init__(self):
        self.index = 0
        self.found = Visibility()

    def _take(self, at_us, body):
        self.found.observe(Observation(self.index, at_us, "client", body))
        self.index += 1

    def begin(self, at_us, op, f, key="k", intended_us=None):
        self._take(at_us, Invoked(op, op, f, key, None, at_us if intended_us is None else intended_us))

    def end(self, at_us, op, f, key="k", outcome="ok", **value):
        self._take(at_us, Completed(op, op, f, key, outcome, value))

    def write(self, begun_us, ended_us, update, key="k", outcome="ok"):
        self.begin(begun_us, f"w:{update}", "write", key)
        self.end(ended_us, f"w:{update}", "write", key, outcome, update=update)

    def read(self, begun_us, ended_us, seen, key="k", outcome="ok"):
        op = f"r{self.index}"
        self.begin(begun_us, op, "read", key)
        self.end(ended_us, op, "read", key, outcome, value=1, seen=seen)


def test_t_counts_from_the_commit_to_the_start_of_the_read():
    record = Record()
    record.write(0, 10, "k@a.1")
    record.read(10, 90, [])
    record.read(10, 15, ["k@a.1"])
    record.read(30, 31, ["k@a.1"])
    assert record.found.curve() == [Point(0, 2, 1), Point(20, 1, 1)]
    assert record.found.overlapped == 0


def test_a_read_is_measured_against_the_newest_commit_at_its_start():
    record = Record()
    record.write(0, 10, "k@a.1")
    record.write(50, 60, "k@b.1")
    record.read(65, 70, ["k@a.1"])
    record.read(65, 70, ["k@a.1", "k@b.1"])
    record.read(66, 70, ["x@a.1"], key="x")
    assert record.found.curve() == [Point(5, 2, 1)]


def test_past_the_next_write_there_is_no_sample():
    record = Record()
    record.write(0, 10, "k@a.1")
    record.begin(20, "r", "read")
    record.begin(25, "w", "write")
    record.end(30, "r", "read", value=1, seen=[])
    record.read(35, 36, [])
    record.end(40, "w", "write", update="k@b.1")
    assert (record.found.curve(), record.found.overlapped) == ([], 2)


def test_writes_that_were_open_together_give_no_sample_and_the_next_lone_one_does():
    record = Record()
    record.begin(0, "w1", "write")
    record.begin(5, "w2", "write")
    record.end(10, "w1", "write", update="k@a.1")
    record.end(12, "w2", "write", update="k@b.1")
    record.read(20, 21, ["k@a.1"])
    assert record.found.curve() == []
    record.write(30, 40, "k@a.2")
    record.read(41, 42, ["k@a.1-3"])
    assert record.found.curve() == [Point(1, 1, 1)]


def test_a_write_of_unknown_outcome_is_no_commit_and_hides_the_one_before():
    record = Record()
    record.write(0, 10, "k@a.1")
    record.write(20, 30, "k@b.1", outcome="info")
    record.read(40, 41, ["k@a.1"])
    assert (record.found.curve(), record.found.overlapped) == ([], 1)


def test_reads_that_failed_or_say_not_what_they_saw_count_for_nothing():
    record = Record()
    record.read(0, 1, [])
    record.write(0, 10, "k@a.1")
    record.read(11, 12, ["k@a.1"], outcome="fail")
    record.begin(11, "r", "read")
    record.end(12, "r", "read", value=1)
    assert (record.found.n, record.found.overlapped) == (0, 0)


def test_latencies_count_from_the_intended_start_and_only_of_what_was_acknowledged():
    record = Record()
    record.begin(100, "w", "write", intended_us=40)
    record.end(140, "w", "write", update="k@a.1")
    record.write(200, 900, "k@a.2", outcome="info")
    assert record.found.latency_us("write", 0.999) == 100
    assert record.found.latency_us("read", 0.5) is None


def test_the_share_is_reached_where_no_later_point_falls_below_it():
    points = [Point(0, 1_000, 500), Point(10, 1_000, 990), Point(20, 1_000, 1_000), Point(30, 10_000, 9_999)]
    found = reach(points, 0.999)
    assert (found.after_us, found.by_us) == (10, 20)
    assert found.us is not None
    assert round(found.us, 1) == 17.7  # 10 stale, then half a read: 1 is passed at ln(10) / ln(20) of the way
    assert reach([*points, Point(40, 100, 99)], 0.999) == Reached(40, None, None)
    assert reach(points[2:], 0.999) == Reached(None, 20, 20.0)
    assert reach([]) == Reached(None, None, None)


def test_edges_pool_the_points_from_each_up_to_the_next():
    record = Record()
    record.write(0, 0, "k@a.1")
    for t in (0, 3, 7, 12):
        record.read(t, t + 1, ["k@a.1"] if t > 3 else [])
    assert record.found.curve([0, 5, 10]) == [Point(0, 2, 0), Point(5, 1, 1), Point(10, 1, 1)]
    assert record.found.curve([5]) == [Point(5, 2, 2)]


def test_many_different_times_are_rounded_and_none_is_lost():
    record = Record()
    record.write(0, 0, "k@a.1")
    count = TIMES_EXACT_MAX + 500
    for n in range(count):
        record.read(1_000 * n, 1_000 * n, ["k@a.1"])
    assert record.found.n == count
    assert len(record.found.curve()) < TIMES_EXACT_MAX
    metrics = record.found.metrics()
    assert len(metrics["fresh"]) <= len(EDGES_US)
    assert metrics["fresh_at_commit"] == 1.0


def test_the_metrics_name_single_figures_and_list_the_curve():
    record = Record()
    record.write(0, 10, "k@a.1")
    record.read(10, 90, [])
    record.read(10, 15, ["k@a.1"])
    record.read(8_800, 8_900, ["k@a.1"])
    metrics = record.found.metrics()
    assert (metrics["fresh_at_commit"], metrics["t_999_after_ms"], metrics["t_999_by_ms"]) == (0.5, 0.0, 8.79)
    assert [(point["after_ms"], point["n"], point["share"]) for point in metrics["fresh"]] == [
        (0.0, 2, 0.5),
        (8.79, 1, 1.0),
    ]
    assert metrics["fresh"][1].keys() == {"after_ms", "n", "share", "low", "high"}


def test_without_a_read_at_the_commit_there_is_no_share_of_them():
    record = Record()
    record.write(0, 10, "k@a.1")
    record.read(11, 15, ["k@a.1"])
    assert record.found.metrics()["fresh_at_commit"] is None


def test_a_run_of_updates_contains_those_between_its_ends():
    listed = ["k@a.2-11", "k@b.7", "o:placed"]
    assert [lists(listed, update) for update in ("k@a.2", "k@a.11", "k@b.7", "o:placed")] == [True] * 4
    assert [lists(listed, update) for update in ("k@a.1", "k@a.12", "k@b.3", "l@a.3", "o")] == [False] * 5
