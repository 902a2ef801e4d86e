"""Settings are read strictly: a bad value is refused by name, with what would be right."""

import io
import logging
import logging.config
import os
import stat
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from consistency_viz.experiments.site import environment


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda: environment.boolean("X", default=False), "maybe"),
        (lambda: environment.hosts("X", []), "http://example.org"),
        (lambda: environment.hosts("X", []), "example.org:8000"),
        (lambda: environment.redis_url("X"), "localhost:6379"),
        (lambda: environment.redis_url("X"), "redis://"),
        (lambda: environment.runs_url("X"), "redis://localhost:6379"),
    ],
)
def test_a_bad_value_is_refused_by_name_with_a_remedy(monkeypatch, read, value):
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured, match=r"environment variable X(=.*)? cannot be used: "):
        read()


def test_a_database_of_an_unknown_kind_and_a_short_key_are_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("X", "mysql://host/name")
    with pytest.raises(ImproperlyConfigured, match="use postgres"):
        environment.database("X", tmp_path)
    monkeypatch.setenv("X", "hunter2")
    with pytest.raises(ImproperlyConfigured, match="at least 32") as caught:
        environment.secret_key("X", tmp_path)
    assert "hunter2" not in str(caught.value)


def test_a_directory_that_cannot_be_made_is_refused(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("X", str(tmp_path / "file" / "data"))
    with pytest.raises(ImproperlyConfigured, match="name a directory"):
        environment.data_dir("X", tmp_path)


def test_the_key_is_made_once_and_only_its_owner_may_read_it(monkeypatch, tmp_path):
    monkeypatch.delenv("X", raising=False)
    key = environment.secret_key("X", tmp_path)
    assert environment.secret_key("X", tmp_path) == key
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_sqlite_lets_writers_queue_and_postgres_is_taken_as_it_is(monkeypatch, tmp_path):
    monkeypatch.delenv("X", raising=False)
    assert environment.database("X", tmp_path)["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    monkeypatch.setenv("X", "postgres://user:secret@db.example.org/cv")
    assert "transaction_mode" not in environment.database("X", tmp_path).get("OPTIONS", {})


@pytest.mark.parametrize(("value", "expected"), [("", True), ("off", False), ("1", True)])
def test_a_switch_is_read(monkeypatch, value, expected):
    monkeypatch.setenv("X", value)
    assert environment.boolean("X", default=True) is expected


@pytest.mark.parametrize(("given", "found"), [("", None), ("30", 30.0), ("0.5", 0.5)])
def test_a_number_is_read_or_there_is_none(monkeypatch, given, found):
    monkeypatch.setenv("CV_HISTORIES_DAYS", given)
    assert environment.number("CV_HISTORIES_DAYS") == found


@pytest.mark.parametrize("given", ["-1", "x", "nan", "1e12"])
def test_what_is_no_number_is_refused_by_name(monkeypatch, given):
    monkeypatch.setenv("CV_HISTORIES_DAYS", given)
    with pytest.raises(ImproperlyConfigured, match="CV_HISTORIES_DAYS"):
        environment.number("CV_HISTORIES_DAYS")


def test_a_log_line_is_json_where_that_is_asked_for(capsys):
    import json
    import logging.config

    from consistency_viz.experiments.site.logs import logging_config

    config = logging_config("json", {"a.test": "INFO"})
    formatter = logging.config.DictConfigurator(config).configure_formatter(config["formatters"]["json"])
    record = logging.makeLogRecord(
        {"name": "a.test", "levelname": "INFO", "levelno": 20, "msg": "seed %d", "args": (3,)}
    )
    record.run = "r1"
    found = json.loads(formatter.format(record))
    assert {name: found[name] for name in ("event", "level", "logger", "run")} == {
        "event": "seed 3",
        "level": "info",
        "logger": "a.test",
        "run": "r1",
    }


def test_a_new_data_directory_and_what_the_commands_write_there_are_their_owners_alone(tmp_path):
    data, old = tmp_path / "new" / "data", os.umask(0o022)
    try:
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        environment = {**os.environ, "CV_DATA_DIR": str(data), "DATABASE_URL": ""}
        subprocess.run(command, check=True, cwd=settings.BASE_DIR, env=environment)
    finally:
        os.umask(old)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.iterdir()}
    assert modes["consistency-viz.sqlite3"] == 0o600
    assert not any(mode & 0o077 for mode in modes.values())


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "get"])
def test_no_log_has_the_token_of_a_refused_request(method):
    from django.test import Client

    from consistency_viz.experiments.site.logs import logging_config

    said = io.StringIO()
    before = {name: logging.getLogger(name).level for name in ("", "django", "django.request")}
    config = logging_config("json", {"django": "DEBUG", "django.request": "DEBUG"})
    config["handlers"]["stderr"]["stream"] = said
    root = logging.getLogger()
    handlers = list(root.handlers)
    logging.config.dictConfig(config)
    try:
        getattr(Client(enforce_csrf_checks=True), method)("/enter/s3cret-token/")
    finally:
        root.handlers[:] = handlers
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
    assert "/enter/" in said.getvalue()
    assert "s3cret" not in said.getvalue()
