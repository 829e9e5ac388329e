# Every act of a developer has one verb here; CI and the pre-commit hooks call the same verbs.
# `make demo` and `make test` are all that a fresh machine with Python 3.11+, Rust and make needs.

.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
# One room only: `make test ROOM=stats`.
ROOM ?=
# More for pytest: `make test PYTEST="-k ties -x"`.
PYTEST ?=

VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
CARGO := cargo
CORE := Cargo.toml Cargo.lock pyproject.toml $(shell find src -name '*.rs')

# maturin and cargo agree on one interpreter and one way of linking (and on the file that maturin
# writes about them: see lint), so that they need not rebuild the bindings for one another.
export VIRTUAL_ENV := $(abspath $(VENV))
export PYO3_PYTHON := $(abspath $(PY))
export PYO3_BUILD_EXTENSION_MODULE := 1
export MYPYPATH := python
export PIP_QUIET := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport CONDA_PREFIX PYTHONHOME PYTHONPATH

.PHONY: help
help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- the two commands of the README

.PHONY: demo
demo: $(VENV)/.core-release ## Train, watch, alert and report on real data, from nothing
	$(PY) -m treering.demo

.PHONY: test
test: $(VENV)/.group-test $(VENV)/.core-dev ## Rust and Python tests; ROOM=stats tests one room
	$(CARGO) test --locked --quiet $(if $(ROOM),$(ROOM)::)
	$(PY) -m pytest -n auto $(if $(ROOM),tests/$(ROOM)) $(PYTEST)

# ---- the developer's loop

.PHONY: dev
dev: $(VENV)/.group-test $(VENV)/.core-dev ## Build what changed into the environment, for tests

.PHONY: test-slow
test-slow: $(VENV)/.group-test $(VENV)/.core-release ## Long statistical, fault and load runs, in full
	$(PY) -m pytest --slow $(if $(ROOM),tests/$(ROOM)) $(PYTEST)

.PHONY: lint
lint: style $(VENV)/.core-dev ## Style, types and warnings; cheap checks first
	$(PY) -m mypy
	$(CARGO) check --locked --quiet --no-default-features
	PYO3_CONFIG_FILE="$$(echo "$(CURDIR)"/target/maturin/pyo3-config-*-abi3.txt)" \
		$(CARGO) clippy --locked --quiet --all-targets --features abi3 -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --quiet --no-deps

.PHONY: style
style: $(VENV)/.group-lint ## The part of lint that compiles nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(CARGO) fmt --check

.PHONY: format
format: $(VENV)/.group-lint ## Format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(CARGO) fmt

.PHONY: bench
bench: $(VENV)/.group-bench $(VENV)/.core-release ## Kernels, then all workloads beside the peers
	$(CARGO) bench --locked
	$(PY) -m benches.peers all --json benches/results.json
	$(PY) -m benches.peers report benches/results.json

.PHONY: docs
docs: ## The Rust documentation, under target/doc
	$(CARGO) doc --locked --no-deps

.PHONY: clean
clean: ## Remove everything that was built
	$(CARGO) clean
	rm -rf $(VENV) dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f python/treering/_core.*.so python/treering/_core.*.pyd

# ---- stamps: nothing is done twice

$(VENV)/.python:
	@command -v cargo > /dev/null || { echo "treering needs Rust 1.89 or later: https://rustup.rs"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit("treering needs Python 3.11 or later; name one with make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.group-%: pyproject.toml | $(VENV)/.python
	$(PY) -m pip install --group $*
	@touch $@

# Both profiles put their core into the same place: the stamp says which one lies there.
# maturin would add the whole group `dev` on its own if no group were named.
$(VENV)/.core-dev: $(CORE) | $(VENV)/.group-build
	@rm -f $(VENV)/.core-*
	$(BIN)/maturin develop --group build --extras plot
	@touch $@

$(VENV)/.core-release: $(CORE) | $(VENV)/.group-build
	@rm -f $(VENV)/.core-*
	$(BIN)/maturin develop --release --group build --extras plot
	@touch $@
