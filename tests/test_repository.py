"""What holds for the repository as a whole: its names, its locks, its licence, and what it must not contain."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
MODULE_LINES_MAX = 400
FILE_BYTES_MAX = 1_000_000
TOP_LEVEL = (
    *("manage.py", "pyproject.toml", "README.md", "Makefile", "LICENSE", "CHANGELOG.md", ".ci/run"),
    *("workers", "consistency_viz", "templates", "static", "tests", "docs"),
)
# Written in two halves, so that this file does not contain what it looks for.
REGISTRY_HOSTS = tuple(
    f"{name}.{end}"
    for name, end in (
        *(("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("jsr", "io")),
        *(("deno", "land"), ("unpkg", "com"), ("jsdelivr", "net"), ("plot", "ly/"), ("debian", "org")),
    )
)
MACHINE_PATHS = ("/" + "work/", "/tmp/" + "probe", "/" + "root/", "/" + "home/")


@cache
def tracked() -> tuple[Path, ...]:
    """The files that are, or would be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no git checkout, so it is unknown which files belong to it")
    return tuple(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())


@cache
def texts() -> dict[str, str]:
    """The tracked text files by name."""
    found = {}
    for path in tracked():
        raw = path.read_bytes()
        if b"\0" not in raw:
            found[str(path.relative_to(ROOT))] = raw.decode()
    return found


def pinned(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", (ROOT / lock).read_text(), re.MULTILINE))


def project() -> dict[str, object]:
    found: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return found


def required(*, dev: bool) -> list[Requirement]:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra = document["optional-dependencies"]["dev"] if dev else []
    return [Requirement(line) for line in (*document["dependencies"], *extra)]


def containing(*words: str) -> list[str]:
    return [f"{name}: {word}" for name, text in texts().items() for word in words if word in text]


@pytest.mark.parametrize("name", TOP_LEVEL)
def test_the_top_level_names_that_others_rely_on_exist(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_names_no_host_and_pins_every_package_by_hash(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    entries = re.split(r"\n(?=[a-z0-9])", text)
    assert [entry.splitlines()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_satisfies_what_the_project_requires(lock: str) -> None:
    versions = pinned(lock)
    wanted = required(dev=lock == "requirements-dev.lock")
    assert [str(want) for want in wanted if not want.specifier.contains(versions.get(want.name, "0"))] == []


def test_both_lock_files_pin_the_same_versions() -> None:
    demo, dev = pinned("requirements.lock"), pinned("requirements-dev.lock")
    assert {name: (version, dev.get(name)) for name, version in demo.items() if dev.get(name) != version} == {}


@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml", "package.json", "package-lock.json", "deno.lock"])
def test_lock_files_that_would_record_hosts_are_not_kept(name: str) -> None:
    assert not (ROOT / name).exists()


def test_no_file_names_a_package_registry_or_a_content_delivery_network() -> None:
    assert containing(*REGISTRY_HOSTS) == []


def test_no_file_contains_a_path_of_somebodys_machine() -> None:
    assert containing(*MACHINE_PATHS) == []


def test_the_licence_is_the_one_that_the_project_declares() -> None:
    assert project()["license"] == "Apache-2.0"
    assert "Apache License\n                           Version 2.0, January 2004" in (ROOT / "LICENSE").read_text()


def test_no_module_is_longer_than_a_room() -> None:
    lines = {name: text.count("\n") for name, text in texts().items() if name.endswith((".py", ".js"))}
    assert {name: count for name, count in lines.items() if count >= MODULE_LINES_MAX} == {}


def test_nothing_big_is_vendored() -> None:
    assert [str(path) for path in tracked() if path.stat().st_size > FILE_BYTES_MAX] == []


def test_what_a_run_makes_is_not_tracked() -> None:
    made = (".venv/", "var/", "test-results/")
    assert [path for path in texts() if path.startswith(made) or "__pycache__" in path] == []
