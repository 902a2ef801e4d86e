"""The trace: columns that say what the history says, in pieces that can begin anywhere and miss nothing."""

import gzip
import json

import pytest

from consistency_viz.experiments import stack
from consistency_viz.experiments.simulations import simulate_once
from consistency_viz.live.trace import pieces
from consistency_viz.live.trace.columns import KINDS, NAME_LENGTH_MAX, Columns
from consistency_viz.live.trace.pieces import BadCursorError, Pieces
from consistency_viz.observation.history import read_history
from workers.model.history import Header, header_line, line
from workers.model.observation import Applied, Body, Delivered, Dropped, Faulted, Invoked, Observation, Sent

HEADER = Header("s", "d", 1, "simulated", ["a", "b"], ["a", "b"])


def columns_of(*bodies: Body, node: str = "a"):
    columns = Columns(7)
    for number, body in enumerate(bodies):
        columns.add(Observation(7 + number, 1_000 + 10 * number, node, body))
    return columns.document()


def rows(document):
    """The piece read back: names for places, times for differences."""
    at_us = 0
    for i in range(document["count"]):
        at_us += document["at_us"][i]
        yield {
            "index": document["first"] + i,
            "at_us": at_us,
            "kind": KINDS[document["kind"][i]],
            **{
                column: None if (place := document[column][i]) < 0 else document["names"][place]
                for column in ("node", "key", "what", "ref", "other")
            },
            "took_us": document["took_us"][i],
            "extra": document["extra"][i],
        }


@pytest.fixture(scope="module")
def scenario():
    return next(one for one in stack.catalogue() if one.name == "lost-delta")


@pytest.fixture(scope="module")
def history(scenario, tmp_path_factory):
    path = tmp_path_factory.mktemp("trace") / "run.jsonl"
    simulate_once(scenario, scenario.seed, path, ("divergence",))
    return path


@pytest.fixture
def three_at_a_time(monkeypatch):
    monkeypatch.setattr(pieces, "EVENTS_MAX", 3)


def test_a_message_is_told_with_its_source_its_travel_and_what_became_of_it():
    sent, delivered, dropped = rows(
        columns_of(
            Sent("m1", "orders", "OrderPlaced", "k", "c"),
            Delivered("m1", "orders", "OrderPlaced", "k", "b", 900, 1),
            Dropped("m2", "orders", "OrderPlaced", "k", "b", 20, "loss"),
        )
    )
    assert sent == {
        "index": 7,
        "at_us": 1_000,
        "kind": "sent",
        "node": "a",
        "key": "k",
        "what": "OrderPlaced",
        "ref": "m1",
        "other": "orders",
        "took_us": 0,
        "extra": 0,
    }
    assert [(row["ref"], row["other"], row["took_us"]) for row in (delivered, dropped)] == [
        ("m1", "b", 110),
        ("m2", "b", 1_000),
    ]
    assert delivered["extra"] == 1


def test_a_fault_of_the_network_has_no_node_but_words_and_targets():
    document = columns_of(Faulted("f1", "crash", "began", ["a"], {"disk": "lost"}), node="")
    (row,) = rows(document)
    assert (row["node"], row["what"], row["ref"], row["other"], row["extra"]) == (
        *(None, "crash", "f1"),
        *("a crashed, disk lost", 1),
    )
    assert document["faults"] == [{"event": 0, "targets": ["a"]}]


def test_long_names_are_cut_and_stay_different():
    twins = ["x" * 5_000 + end for end in ("1", "2")]
    document = columns_of(*(Applied(twin, None, "u") for twin in twins))
    first, second = (row["key"] for row in rows(document))
    assert len(first) == len(second) == NAME_LENGTH_MAX
    assert first != second


def test_pieces_say_what_the_history_says(history, three_at_a_time):
    _, observations = read_history(history)
    found, cursor = [], ""
    with Pieces(history) as reader:
        while (piece := reader.piece(cursor, 0, None))["count"]:
            assert piece["count"] <= 3
            assert piece["more"] == (piece["first"] + piece["count"] < len(observations))
            found += rows(piece)
            cursor = piece["next"]
        assert reader.count() == len(observations)
    assert [(row["index"], row["at_us"], row["node"] or "", row["kind"]) for row in found] == [
        (one.index, one.at_us, one.node, one.body.__struct_config__.tag) for one in observations
    ]
    assert [row["ref"] for row in found if row["kind"] == "invoked"] == [
        one.body.op for one in observations if isinstance(one.body, Invoked)
    ]


def test_a_piece_may_begin_and_end_at_any_time(history):
    _, observations = read_history(history)
    times = [one.at_us for one in observations]
    with Pieces(history) as reader:
        for from_us in {0, *times[::7], times[-1] + 1}:
            for to_us in {from_us, from_us + 1_000_000}:
                piece = reader.piece("", from_us, to_us)
                expected = [one.index for one in observations if from_us <= one.at_us <= to_us]
                assert [row["index"] for row in rows(piece)] == expected
                assert piece["more"] is False


def test_any_observation_can_be_asked_for(history):
    _, observations = read_history(history)
    with Pieces(history) as reader:
        assert [reader.observation(one.index) for one in observations] == observations
        assert reader.observation(len(observations)) is None


def test_a_line_that_is_still_being_written_waits(tmp_path):
    path = tmp_path / "growing.jsonl"
    told = [Observation(i, i, "a", Applied("k", i, f"u{i}")) for i in range(3)]
    with path.open("wb") as file:
        file.write(header_line(HEADER) + b"\n")
        file.write(line(told[0]) + b"\n" + line(told[1])[:20])
        file.flush()
        with Pieces(path) as reader:
            piece = reader.piece("", 0, None)
            assert (piece["count"], piece["more"], reader.count()) == (1, False, 1)
        file.write(line(told[1])[20:] + b"\n" + line(told[2]) + b"\n")
    with Pieces(path) as reader:
        assert [row["index"] for row in rows(reader.piece(piece["next"], 0, None))] == [1, 2]


@pytest.mark.parametrize("cursor", ["x", "1", "0.5", "999.99", "2.99999999", "1.-1", "٣.٣"])
def test_a_cursor_that_belongs_to_nothing_is_refused(history, cursor):
    with Pieces(history) as reader, pytest.raises(BadCursorError, match=r"cursor|belong"):
        reader.piece(cursor, 0, None)


@pytest.fixture
def ended(transactional_db, scenario, history, settings):
    from consistency_viz.experiments.models import Run

    run = Run.objects.create(
        scenario=scenario.name,
        title=scenario.title,
        design=scenario.design,
        seed=scenario.seed,
        document=scenario.model_dump(mode="json"),
        state="finished",
        history="x",
    )
    settings.HISTORIES_DIR = history.parent
    run.history_path.write_bytes(history.read_bytes())
    return run


def test_the_page_and_what_it_asks_for(client, ended):
    page = client.get(f"/runs/{ended.id}/spacetime/").content.decode()
    assert f"/runs/{ended.id}/trace" in page
    answer = client.get(f"/runs/{ended.id}/trace", headers={"Accept-Encoding": "gzip"})
    piece = json.loads(gzip.decompress(answer.content))
    assert (piece["nodes"], piece["ended"], piece["total"]) == (["client", "eu", "us"], True, piece["count"])
    assert client.get(f"/runs/{ended.id}/trace").json() == piece
    first = client.get(f"/runs/{ended.id}/trace/0").json()
    assert (first["index"], first["kind"]) == (0, "changed")


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("?from_us=-1", 400, "from_us: '-1' is no whole number"),
        ("?to_us=1e9", 400, "to_us: '1e9' is no whole number"),
        ("?cursor=77.77", 400, "does not belong to this history"),
        ("/123456", 404, "Observation 123456 is not in this history"),
    ],
)
def test_bad_questions_are_answered_with_what_is_wrong(client, ended, query, status, words):
    answer = client.get(f"/runs/{ended.id}/trace{query}")
    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_a_run_that_has_no_history_yet_has_an_empty_trace_and_one_that_lost_it_says_so(client, ended):
    ended.history_path.unlink()
    assert "gone" in client.get(f"/runs/{ended.id}/trace").json()["error"]
    ended.state = "running"
    ended.save()
    assert client.get(f"/runs/{ended.id}/trace").json()["count"] == 0
