# Everything that a person or CI runs. `make` alone lists the targets.
#
#   make demo SCENARIO=name PORT=8080 ARGS=--no-browser
#   make test ARGS="-k lease"

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test test-postgres lint format lock screenshots course clean

PYTHON := .venv/bin/python
DEMO := .venv/.installed-demo
DEV := .venv/.installed-dev
UV ?= $(firstword $(wildcard .venv/bin/uv) uv)
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml

help:
	@echo "make demo         start the laboratory and print its URL (SCENARIO=, PORT=, ARGS=)"
	@echo "make test         everything that CI runs (ARGS= goes to pytest)"
	@echo "make test-postgres  all tests but the browser's on PostgreSQL, in a server of their own (needs initdb)"
	@echo "make lint         only the style, type, architecture and JavaScript checks"
	@echo "make format       format the code, and mend what can be mended by itself"
	@echo "make lock         compile the lock files from pyproject.toml (needs uv)"
	@echo "make screenshots  take the pictures in docs/ anew"
	@echo "make clean        remove the environment and the caches; var/, your data, stays"

$(DEMO): requirements.lock .ci/environment
	@.ci/environment requirements.lock
	@touch $@

$(DEV): requirements-dev.lock .ci/environment
	@.ci/environment requirements-dev.lock
	@touch $(DEMO) $@

demo: $(DEMO)
	@exec $(PYTHON) manage.py lab $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(PORT),--port $(PORT)) $(ARGS)

test: $(DEV)
	@exec $(PYTHON) .ci/check.py $(ARGS)

test-postgres: $(DEV)
	@exec $(PYTHON) .ci/postgres.py $(ARGS)

lint: $(DEV)
	@exec $(PYTHON) .ci/check.py --lint

format: $(DEV)
	@$(PYTHON) -m ruff check --fix --quiet . || true
	@$(PYTHON) -m ruff format .
	@test ! -f deno.json || .venv/bin/deno fmt

lock:
	@$(UV) --version >/dev/null 2>&1 || { echo "make lock needs uv: .venv/bin/python -m pip install uv" >&2; exit 1; }
	@$(COMPILE) --output-file requirements.lock
	@$(COMPILE) --extra dev --extra postgres --extra tracing --constraint requirements.lock --output-file requirements-dev.lock
	@if grep -n '://' requirements.lock requirements-dev.lock; then echo "a lock file names a host" >&2; exit 1; fi

screenshots: $(DEV)
	@CV_CHROMIUM="$$($(PYTHON) .ci/browser.py)" && export CV_CHROMIUM && exec $(PYTHON) docs/screenshots.py $(ARGS)

course: $(DEV)
	@exec $(PYTHON) docs/course.py --runs 200

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
