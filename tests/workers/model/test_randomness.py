import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.model.randomness import Chance, draw, draws, salt_of, uniform

LANES = (8960873729977941631, 6010905462289348235, 17211967173763417678, 1212311155336099297)
SALT = 8867374212167053404
UNIFORM = 0.4821783367760831
DRAW = 0.7498645211446535
DRAWS = [0.7428363300859928, 0.40557793411426246, 0.503003966761753]
PRINT = (
    "from workers.model.randomness import *; "
    "print(Chance(7).lanes('m1'), salt_of('tax'), uniform(1, 2), draw(7, 'a', 'b'), draws(7, 'x', 3))"
)


def test_the_draws_of_a_seed_are_the_same_in_every_version():
    assert Chance(7).lanes("m1") == LANES
    assert salt_of("tax") == SALT
    assert uniform(LANES[0], SALT) == UNIFORM
    assert draw(7, "arrival", "s1", "1") == DRAW
    assert draws(7, "s1-1", 3) == DRAWS


def test_the_draws_do_not_depend_on_the_hash_seed_of_the_process():
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PRINT], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(outputs) == 1


def chi_square(sample, bins=64):
    counts = [0] * bins
    for u in sample:
        counts[int(u * bins)] += 1
    expected = len(sample) / bins
    return sum((count - expected) ** 2 / expected for count in counts)


CHI_SQUARE_63_MOST = 118.0  # the 99.997th percentile of 63 degrees of freedom
IDS = [f"client.0~arrive:s{n % 50}:{n // 50}/client.0" for n in range(40_000)]


@pytest.mark.parametrize("lane", range(4))
@pytest.mark.parametrize("target", ["order", "tax", "view-1", "view-2", ""])
def test_what_decides_a_messages_fate_is_uniform(lane, target):
    chance, salt = Chance(3), salt_of(target)
    assert chi_square([uniform(chance.lanes(message)[lane], salt) for message in IDS]) < CHI_SQUARE_63_MOST


def test_the_draws_of_nodes_and_sessions_are_uniform():
    assert chi_square([draw(3, "arrival", f"s{n}", "1") for n in range(40_000)]) < CHI_SQUARE_63_MOST
    assert chi_square([draws(3, f"s1-{n}", 9)[4] for n in range(40_000)]) < CHI_SQUARE_63_MOST


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_a_draw_is_at_least_0_and_below_1(lane, salt):
    assert 0 <= uniform(lane, salt) < 1


def test_labels_are_not_run_together():
    assert draw(1, "ab", "c") != draw(1, "a", "bc")


@given(st.integers(0, 2**63 - 1), st.text())
def test_the_same_seed_and_label_give_the_same_draw(seed, label):
    assert draw(seed, label) == draw(seed, label)
    assert Chance(seed).lanes(label) == Chance(seed).lanes(label)
    assert draws(seed, label, 16) == draws(seed, label, 16)
