import pytest

from workers.cluster.scenario_text import Problem, ScenarioError, parse
from workers.cluster.schema.story import CHECKERS

HEAD = "name: a\ntitle: T\ndesign: synchronous\n"
UNKNOWN_FIELD = "extra inputs are not permitted; there is no such field here; remove it or check its spelling"
OF_WHAT = "say what is expected: checker and verdict, or metric and at_least, at_most or equals"
PLACES = (
    "client, order, validation, tax, email, store, view-1, view-2, map, matrix, timeline, throughput, lag, latency, "
    "feed, totals, placed, settled, diverged, share, window, emails, lost, controls"
)


def problem(text):
    with pytest.raises(ScenarioError) as caught:
        parse(HEAD + text, "a.yaml")
    [one] = caught.value.problems
    return one


def expected(text):
    return parse(f"{HEAD}expect:\n  - {{{text}, because: So.}}\n", "a.yaml").expect[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("checker: causal, verdict: failed", "causal: failed, in every run"),
        (
            "checker: causal, verdict: failed, in_share_of_runs: {at_least: 0.05}",
            "causal: failed, in at least 0.05 of the runs",
        ),
        ("checker: causal, verdict: failed, in_share_of_runs: {at_most: 0}", "causal: failed, in no run"),
        ("metric: work.messages.sent, equals: 3", "work.messages.sent: exactly 3, in every run"),
        (
            "metric: work.messages.sent, at_least: 1e3, at_most: 2000.5, in_share_of_runs: {at_least: .2, at_most: .8}",
            "work.messages.sent: at least 1,000 and at most 2,000.5, in 0.2 to 0.8 of the runs",
        ),
    ],
)
def test_an_expectation_says_itself_in_words(text, words):
    assert str(expected(text)) == words


@pytest.mark.parametrize(
    ("text", "field", "value", "remedy"),
    [
        ("{because: So.}", "", "{'because': 'So.'}", OF_WHAT),
        (
            "{checker: read-your-write, verdict: failed, because: So.}",
            ".checker",
            "'read-your-write'",
            f"input should be {', '.join(repr(c) for c in CHECKERS[:-1])} or 'single-writer'; choose one of them",
        ),
        (
            "{checker: causal, verdict: broken, because: So.}",
            ".verdict",
            "'broken'",
            "input should be 'passed', 'failed' or 'unknown'; choose one of them",
        ),
        ("{checker: causal, verdict: failed}", ".because", "", "field required; add it"),
        ("{checker: causal, verdict: failed, at_most: 3, because: So.}", ".at_most", "3", UNKNOWN_FIELD),
        (
            "{metric: wrok.messages.sent, equals: 1, because: So.}",
            ".metric",
            "'wrok.messages.sent'",
            "begin with a checker or with work; did you mean work?",
        ),
        (
            "{metric: work, equals: 1, because: So.}",
            ".metric",
            "'work'",
            (
                r"string should match pattern '^[a-z][a-z-]*(\.[A-Za-z0-9_:-]{1,64}){1,8}$'; "
                "write a dotted name, such as work.place_latency_ms_p99"
            ),
        ),
        (
            "{metric: work.messages.sent, because: So.}",
            "",
            "{'metric': 'work.messages.sent', 'because': 'So.'}",
            "write at_least, at_most or equals",
        ),
        (
            "{metric: work.messages.sent, equals: .nan, because: So.}",
            ".equals",
            "nan",
            "input should be a finite number; write a finite number",
        ),
        (
            "{checker: causal, verdict: failed, in_share_of_runs: {at_least: 0.5, at_most: 0.2}, because: So.}",
            ".in_share_of_runs",
            "{'at_least': 0.5, 'at_most': 0.2}",
            "at_most 0.2 is below at_least 0.5; swap them",
        ),
        (
            "{checker: causal, verdict: failed, in_share_of_runs: {}, because: So.}",
            ".in_share_of_runs",
            "{}",
            "this admits everything; write at_least, at_most or both, such as {at_least: 0.05}",
        ),
    ],
)
def test_an_expectation_that_cannot_be_is_refused(text, field, value, remedy):
    assert problem(f"expect:\n  - {text}\n") == Problem(5, f"expect.0{field}", value, remedy)


def test_the_narration_points_at_nodes_parts_of_the_page_and_keys():
    text = (
        "narration:\n  - {on: start, say: Look., look_at: [view-2, matrix, 'key:s1-1']}\n  - {at_s: 3, say: There.}\n"
    )
    first, second = parse(
        HEAD + text + "  - {on: end, say: Done., ask: Why?}\n".replace("Why?", "'Why?'"), "a"
    ).narration[:2]
    assert (first.on, first.look_at, second.at_s) == ("start", ("view-2", "matrix", "key:s1-1"), 3)


@pytest.mark.parametrize(
    ("step", "field", "value", "remedy"),
    [
        (
            "{at_s: 1, say: Look., look_at: [matrix, viev-2]}",
            ".look_at.1",
            "'viev-2'",
            f"name a node or a part of the page: {PLACES}; or a key, as key:ID; did you mean view-2 or view-1?",
        ),
        ("{at_s: 91, say: Late.}", ".at_s", "91.0", "the run ends at 90 s, its drain time included"),
        (
            "{say: When?}".replace("When?", "When"),
            "",
            "{'say': 'When'}",
            "say when it is due: at_s, or on: start, or on: end",
        ),
        (
            "{at_s: 1, on: end, say: Twice}",
            "",
            "{'at_s': 1, 'on': 'end', 'say': 'Twice'}",
            "say when it is due: at_s, or on: start, or on: end",
        ),
        ("{on: middle, say: Now}", ".on", "'middle'", "input should be 'start' or 'end'; choose one of them"),
        ("{on: start, say: ''}", ".say", "''", "string should have at least 1 character"),
        (f"{{on: start, say: {'x' * 301}}}", ".say", f"'{'x' * 79}", "string should have at most 300 characters"),
    ],
)
def test_a_step_that_cannot_be_told_is_refused(step, field, value, remedy):
    assert problem(f"narration:\n  - {step}\n") == Problem(5, f"narration.0{field}", value, remedy)


def test_steps_stand_in_the_order_of_their_times():
    told = problem("narration:\n  - {on: start, say: A}\n  - {at_s: 5, say: B}\n  - {at_s: 4, say: C}\n")
    assert told == Problem(7, "narration.2", "4.0", "put the steps in the order of their times")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("seed: yes", Problem(4, "seed", "'yes'", "input should be a valid integer; write a whole number")),
        ("seed: true", Problem(4, "seed", "True", "input should be a valid integer; write a whole number")),
        ("seed: '3'", Problem(4, "seed", "'3'", "input should be a valid integer; write a whole number")),
        ("seed: 010", Problem(4, "seed", "'010'", "input should be a valid integer; write a whole number")),
        ("seed: 1.5", Problem(4, "seed", "1.5", "input should be a valid integer; write a whole number")),
        ("seed: .inf", Problem(4, "seed", "inf", "input should be a valid integer; write a whole number")),
        ("seed: 9223372036854775808", Problem(4, "seed", str(2**63), "input should be less than 9223372036854775808")),
        ("drain_s: .nan", Problem(4, "drain_s", "nan", "input should be a finite number; write a finite number")),
        ("drain_s: 1:30", Problem(4, "drain_s", "'1:30'", "input should be a valid number; write a number")),
        (
            "network: {default: {ordered: yes}}",
            Problem(4, "network.default.ordered", "'yes'", "input should be a valid boolean; write true or false"),
        ),
        (
            "network: {default: {ordered: 1}}",
            Problem(4, "network.default.ordered", "1", "input should be a valid boolean; write true or false"),
        ),
        (
            "network: {default: {latency: {kind: empirical, samples_ms: [1, true]}}}",
            Problem(
                4, "network.default.latency.samples_ms.1", "True", "input should be a valid number; write a number"
            ),
        ),
        (
            "network: {default: {latency: {kind: constant, ms: -1}}}",
            Problem(4, "network.default.latency.ms", "-1", "input should be greater than or equal to 0"),
        ),
    ],
)
def test_nothing_is_taken_for_what_it_is_not(text, told):
    assert problem(f"{text}\n") == told


def test_numbers_may_be_written_as_people_write_them():
    found = parse(f"{HEAD}seed: 0x10\ndrain_s: 1e1\nduration_s: 2.5e+0\nrpc_timeout_ms: 1_000\n", "a.yaml")
    assert (found.seed, found.drain_s, found.duration_s, found.rpc_timeout_ms) == (16, 10.0, 2.5, 1000)
