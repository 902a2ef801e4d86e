import gc
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.cluster.scenario_text import BYTES_MAX, DEPTH_MAX, PROBLEMS_MAX, Problem, ScenarioError, parse
from workers.strategies.registry import DESIGNS

HEAD = "name: a\ntitle: T\ndesign: synchronous\n"
UNKNOWN_FIELD = "extra inputs are not permitted; there is no such field here; remove it or check its spelling"
NO_INTEGER = "input should be a valid integer; write a whole number"
NODES = "design synchronous has the nodes client, order, validation, tax, email, store, view-1, view-2"
KINDS = "'constant', 'uniform', 'exponential', 'pareto', 'empirical', 'mixture'"


def problems(text, overrides=()):
    with pytest.raises(ScenarioError) as caught:
        parse(text, "a.yaml", overrides)
    assert caught.value.source == "a.yaml" or overrides
    return list(caught.value.problems)


def test_a_scenario_needs_a_name_a_title_and_a_design():
    assert parse(HEAD, "a.yaml").name == "a"
    assert problems("seed: 2\n") == [
        Problem(1, field, "", "field required; add it") for field in ("name", "title", "design")
    ]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            "sead: 2",
            Problem(
                4,
                "sead",
                "2",
                UNKNOWN_FIELD,
            ),
        ),
        ("seed: -1", Problem(4, "seed", "-1", "input should be greater than or equal to 0")),
        (
            "seed: many",
            Problem(
                4,
                "seed",
                "'many'",
                NO_INTEGER,
            ),
        ),
        ("partitions: 17", Problem(4, "partitions", "17", "input should be less than or equal to 16")),
        (
            "workload:\n  orders_per_s: fast",
            Problem(
                5,
                "workload.orders_per_s",
                "'fast'",
                "input should be a valid number; write a number",
            ),
        ),
        (
            "workload: 3",
            Problem(
                4,
                "workload",
                "3",
                "input should be a valid dictionary or instance of WorkloadSettings; write a mapping of fields here",
            ),
        ),
        (
            "network:\n  default:\n    latency: {kind: constant, ms: .inf}",
            Problem(6, "network.default.latency.ms", "inf", "input should be a finite number; write a finite number"),
        ),
        (
            "network:\n  default:\n    latency: {kind: warp, ms: 1}",
            Problem(
                6,
                "network.default.latency",
                "{'kind': 'warp', 'ms': 1}",
                "input tag 'warp' found using 'kind' does not match any of the expected tags: "
                f"{KINDS}; choose one of the kinds named",
            ),
        ),
        (
            "network:\n  default:\n    latency: {kind: uniform, low_ms: 9, high_ms: 5}",
            Problem(
                6,
                "network.default.latency",
                "{'kind': 'uniform', 'low_ms': 9, 'high_ms': 5}",
                "high_ms 5 is below low_ms 9; swap them",
            ),
        ),
        (
            "network:\n  links:\n    - {target: view-1}\n    - {target: view-9}",
            Problem(
                7,
                "network.links.1.target",
                "'view-9'",
                f"{NODES}; * stands for all",
            ),
        ),
        (
            "nodes:\n  taxes: {instances: 2}",
            Problem(
                5,
                "nodes.taxes",
                "'taxes'",
                NODES,
            ),
        ),
        (
            "nodes:\n  tax:\n    instances: 5",
            Problem(
                6,
                "nodes.tax.instances",
                "5",
                "an instance owns at least one of the 4 partitions; use fewer, or raise partitions",
            ),
        ),
        (
            "changes:\n  - {at_s: 1, node: tax, instances: 9}",
            Problem(
                5,
                "changes.0.instances",
                "9",
                "an instance owns at least one of the 4 partitions; use fewer, or raise partitions",
            ),
        ),
        (
            "changes:\n  - {at_s: 1, node: taxes, instances: 1}",
            Problem(
                5,
                "changes.0.node",
                "'taxes'",
                NODES,
            ),
        ),
        (
            "duration_s: null",
            Problem(1, "", "", "duration_s: null runs until it is stopped, so workload.orders must be null too"),
        ),
        ("name: b", Problem(4, "name", "", "line 1 has this field already; keep one of them")),
        (
            "workload: {orders: 1, sessions: 2, orders: 3}",
            Problem(4, "workload.orders", "", "line 4 has this field already; keep one of them"),
        ),
        ("nodes: {[tax]: 1}", Problem(4, "nodes", "", "the name of a field is one plain word")),
        ("nodes: &all {tax: {}}", Problem(4, "", "", "anchors and aliases are not read; write it out")),
        ("nodes: *all", Problem(4, "", "", "anchors and aliases are not read; write it out")),
        ("seed: !!int '3'", Problem(4, "", "", "tags are not read; leave it out")),
        ("nodes: !!python/object:os.system {}", Problem(4, "", "", "tags are not read; leave it out")),
        (
            "<<: {seed: 3}",
            Problem(
                4,
                "<<",
                "{'seed': 3}",
                UNKNOWN_FIELD,
            ),
        ),
        (
            "---\nname: b",
            Problem(
                4, "", "", "this is not YAML: expected a single document in the stream, but found another document"
            ),
        ),
        (
            "nodes: {",
            Problem(
                5,
                "",
                "",
                "this is not YAML: while parsing a flow node, did not find expected node content; "
                "inside { } and [ ] quote a text that has one of , ? : # in it",
            ),
        ),
        ("1: 2", Problem(4, "1", "1", "keys should be strings")),
    ],
)
def test_an_error_names_line_field_value_and_remedy(lines, problem):
    assert problems(f"{HEAD}{lines}\n") == [problem]


def test_a_text_for_people_names_the_file_too():
    with pytest.raises(ScenarioError) as caught:
        parse(f"{HEAD}seed: -1\nsead: 2\n", "course/a.yaml")
    assert str(caught.value) == (
        "course/a.yaml:4: seed = -1: input should be greater than or equal to 0\n"
        "course/a.yaml:5: sead = 2: " + UNKNOWN_FIELD
    )


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("name", "A b", "use 1 to 64 lower-case letters, digits and hyphens, such as my-scenario"),
        ("design", "hope", f"there is no such design; choose one of {', '.join(DESIGNS)}"),
    ],
)
def test_a_name_that_cannot_be_is_answered_with_what_can(field, value, remedy):
    text = "".join(f"{line}\n" for line in HEAD.splitlines() if not line.startswith(field)) + f"{field}: {value}\n"
    assert problems(text) == [Problem(3, field, f"'{value}'", remedy)]


@pytest.mark.parametrize("text", ["", "- a\n", "just words", "~"])
def test_what_is_no_mapping_is_refused(text):
    [problem] = problems(text)
    assert problem.remedy == "write a mapping of fields, such as `name: my-scenario`"


@pytest.mark.parametrize("value", ["2024-13-45", "2024-01-01", "=", "12:30:45x"])
def test_a_text_that_looks_like_something_else_stays_a_text(value):
    assert parse(f"name: a\ntitle: {value}\ndesign: synchronous\n", "a.yaml").title == value


def test_a_number_of_thousands_of_digits_is_refused():
    assert problems(f"{HEAD}seed: {'9' * 5_000}\n") == [
        Problem(4, "seed", f"{'9' * 40}…", "a number has at most 64 digits")
    ]


def test_a_text_over_the_limit_is_refused_before_it_is_read():
    fits = HEAD + "#" * (BYTES_MAX - len(HEAD))
    assert parse(fits, "a.yaml").name == "a"
    assert problems(fits + "#") == [Problem(0, "", "65,537 bytes", "a scenario has at most 65,536 bytes; shorten it")]
    assert problems("é" * (BYTES_MAX // 2) + "#") == [
        Problem(0, "", "65,537 bytes", "a scenario has at most 65,536 bytes; shorten it")
    ]


def test_nesting_is_bounded():
    def nested(levels):
        return f"{HEAD}x: {'[' * levels}{']' * levels}\n"

    assert "there is no such field here" in problems(nested(DEPTH_MAX - 1))[0].remedy
    assert problems(nested(DEPTH_MAX)) == [Problem(4, "", "", "nest at most 12 levels")]


FULL = f"[{'1,' * 450}],"


def test_the_number_of_values_is_bounded():
    assert "there is no such field" in problems(f"{HEAD}x: [{FULL * 13}]\n")[0].remedy
    [problem] = problems(f"{HEAD}x: [{FULL * 14}]\n")
    assert problem == Problem(4, "", "", "use at most 6,000 values")


def test_the_number_of_fields_in_a_mapping_is_bounded():
    [problem] = problems(HEAD + "".join(f"field-{number}: 1\n" for number in range(198)))
    assert problem == Problem(201, "", "", "use at most 200 fields in one mapping")
    assert len(problems(HEAD + "".join(f"field-{number}: 1\n" for number in range(15)))) == 15


def test_the_number_of_entries_of_a_list_is_bounded_but_for_samples():
    assert problems(f"{HEAD}changes: [{'1, ' * 501}]\n") == [Problem(4, "", "", "use at most 500 entries in one list")]
    samples = f"{HEAD}network: {{default: {{latency: {{kind: empirical, samples_ms: [{'1, ' * 4_000}]}}}}}}\n"
    assert len(parse(samples, "a.yaml").network.default.latency.samples_ms) == 4_000
    [problem] = problems(samples.replace("[1,", "[1, 1,"))
    assert problem.field == "network.default.latency.samples_ms"


def test_of_many_problems_the_first_are_told_and_the_rest_counted():
    found = problems(f"{HEAD}changes: [{'1, ' * 500}]\n")
    assert [problem.field for problem in found] == [*(f"changes.{number}" for number in range(PROBLEMS_MAX)), ""]
    assert found[-1].remedy == "480 problems more; mend these first"


def test_reading_leaves_the_collector_as_it_was():
    for setting, expected in ((gc.enable, True), (gc.disable, False)):
        setting()
        parse(HEAD, "a.yaml")
        problems(f"{HEAD}seed: -1\n")
        assert gc.isenabled() is expected
    gc.enable()


BOMB = "a: &a [x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(20)
)


@pytest.mark.parametrize(
    "text", ["x: " + "a" * 10_000_000, "[" * 10_000_000, BOMB, "x: " + "[" * 60_000, "x: " + "{a: " * 15_000]
)
def test_hostile_text_is_refused_before_it_is_built(text):
    [problem] = problems(text)
    assert problem.remedy


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            [
                *"{}[]:,-?&*!|>'\"%@`#~=<. \n",
                "seed",
                "1",
                "nodes",
                "tax",
                "---",
                "!!int",
                "0x",
                "1e9",
                "2024-02-30",
                "\x00",
                "\ud800",
            ]
        )
    )
)
def test_any_text_is_a_scenario_or_a_scenario_error(parts):
    text = HEAD + "".join(parts)
    try:
        assert parse(text, "a.yaml").name == "a"
    except ScenarioError as refused:
        error = refused
    else:
        return
    assert all(problem.remedy for problem in error.problems)


def test_an_override_lies_over_the_text():
    text = HEAD + "network: {links: [{target: view-1}, {target: view-2}]}\n"
    found = parse(
        text,
        "a.yaml",
        ["seed=9", "workload.orders = 5", "network.links.1.loss=0.5", "nodes.tax.instances=2", "title=2024-13-45"],
    )
    assert (found.seed, found.workload.orders, found.nodes["tax"].instances, found.title) == (9, 5, 2, "2024-13-45")
    assert [link.loss for link in found.network.links] == [None, 0.5]


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("seed", Problem(0, "seed", "", "write path=value, such as workload.orders_per_s=20")),
        ("=3", Problem(0, "=3", "", "write path=value, such as workload.orders_per_s=20")),
        ("a..b=3", Problem(0, "a..b=3", "", "write path=value, such as workload.orders_per_s=20")),
        ("seed.x=3", Problem(0, "seed.x", "'3'", "seed has no place 'x'")),
        ("network.links.7.loss=1", Problem(0, "network.links.7.loss", "'1'", "network.links has no place '7'")),
        (
            "seed=many",
            Problem(
                4,
                "seed",
                "'many'",
                NO_INTEGER,
            ),
        ),
        (
            "seed=&a 3",
            Problem(
                4,
                "seed",
                "'&a 3'",
                NO_INTEGER,
            ),
        ),
    ],
)
def test_a_bad_override_is_refused_by_naming_its_path(override, problem):
    assert problems(HEAD + "seed: 1\nnetwork: {links: [{target: view-1}]}\n", [override]) == [problem]


@pytest.mark.parametrize("value", ["[" * 30_000, "!!int ''", "!!timestamp x", "{" * 30_000, "x" * 200_000])
def test_a_hostile_override_is_refused_at_once(value):
    started_s = time.perf_counter()
    problems(HEAD, [f"seed={value}"])
    assert time.perf_counter() - started_s < 1.0
