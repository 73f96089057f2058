# Every target is at most three plain commands; the README prints them for machines without make.
PYTHON ?= python3
BIN := .venv/bin
UV := $(shell command -v uv 2>/dev/null)
INSTALL := $(if $(UV),$(UV) pip install -q --compile-bytecode --python $(BIN)/python,$(BIN)/python -m pip install -q --disable-pip-version-check)

# Containers often forbid bytecode; then every notebook and command under test would compile the package anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-all bench lab lint clean

demo: .venv/.ready
	$(BIN)/patchlib demo

test: .venv/.ready lint
	$(BIN)/patchlib demo
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow"
	$(BIN)/python -m pytest -q -o addopts= -p nbval --nbval-lax notebooks

test-all: .venv/.ready lint
	$(BIN)/patchlib demo
	$(BIN)/python -m pytest -q -n 2 --dist loadfile
	$(BIN)/python -m pytest -q -o addopts= -p nbval --nbval-lax notebooks

lint: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/.ready
	$(BIN)/python -m benchmarks

lab: .venv-lab/.ready
	.venv-lab/bin/jupyter lab notebooks

clean:
	rm -rf .venv .venv-lab data/local reports/output .pytest_cache .mypy_cache .ruff_cache .hypothesis .bench

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("patchlib needs Python 3.11 or newer; set PYTHON=python3.12, say" if sys.version_info < (3, 11) else 0)'
	$(if $(UV),$(UV) venv -q --allow-existing --python $(PYTHON) .venv,$(PYTHON) -m venv .venv)
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-build-isolation --no-deps -e .
	@touch $@

.venv-lab/.ready: requirements-lab.lock pyproject.toml
	$(PYTHON) -m venv .venv-lab
	.venv-lab/bin/python -m pip install -q --require-hashes -r requirements-lab.lock
	.venv-lab/bin/python -m pip install -q --no-build-isolation --no-deps -e .
	@touch $@
