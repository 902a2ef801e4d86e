"""The import contracts are green, go red when they are broken, and cover every folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("workers", "consistency_viz")

PLANTED = [
    ("worker-layers", "workers/crdts/planted.py", "import workers.strategies"),
    ("worker-layers", "workers/simulation/planted.py", "import workers.runtime"),
    ("worker-layers", "workers/undeclared/__init__.py", ""),
    ("observer-layers", "consistency_viz/observation/planted.py", "import consistency_viz.live"),
    ("observer-layers", "consistency_viz/live/planted.py", "import consistency_viz.lab"),
    ("observer-layers", "consistency_viz/undeclared/__init__.py", ""),
    ("workers-ignore-observer", "workers/runtime/planted.py", "import consistency_viz.checkers"),
    ("workers-ignore-observer", "workers/runtime/planted.py", "import django"),
    ("checkers-cannot-cheat", "consistency_viz/checkers/planted.py", "import workers.strategies"),
    ("checkers-cannot-cheat", "consistency_viz/checkers/planted.py", "import redis"),
    ("pure-workers", "workers/services/planted.py", "import redis"),
    ("pure-workers", "workers/cluster/planted.py", "import random"),
    ("strategies-independent", "workers/strategies/planted.py", "import workers.strategies.{strategy}"),
]


def contracts() -> list[dict[str, object]]:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found: list[dict[str, object]] = document["tool"]["importlinter"]["contracts"]
    return found


def lint(folder: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    chosen = ("--contract", contract) if contract else ()
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache", "--no-logo", *chosen]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the code that may be spoiled."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.html"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_is_kept(copy: Path) -> None:
    linted = lint(copy)
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize(("contract", "path", "source"), PLANTED)
def test_a_contract_goes_red_when_it_is_broken(copy: Path, contract: str, path: str, source: str) -> None:
    strategies = sorted(file.stem for file in (copy / "workers/strategies").glob("[!_]*.py") if file.stem != "registry")
    planted = copy / path
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(source.format(strategy=strategies[0]) + "\n")
    linted = lint(copy, contract)
    assert linted.returncode == 1, linted.stdout
    told = "undeclared" if "undeclared" in path else "planted"
    assert told in linted.stdout.replace("\n", " ")


def test_every_contract_has_a_violation_that_is_planted_here() -> None:
    assert {contract["id"] for contract in contracts()} == {contract for contract, _, _ in PLANTED}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_declares_its_layer(package: str) -> None:
    (layered,) = [c for c in contracts() if c["type"] == "layers" and c["containers"] == [package]]
    layers = layered["layers"]
    assert isinstance(layers, list)
    declared = {name.strip(" ()") for layer in layers for name in layer.replace("|", ":").split(":")}
    folders = {file.parent.name for file in (ROOT / package).glob("*/*.py")}
    assert folders - declared == set()
    assert layered["exhaustive"] is True


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_with_code_is_a_package(package: str) -> None:
    folders = {file.parent for file in (ROOT / package).rglob("*.py")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
