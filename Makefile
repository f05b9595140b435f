# Two commands matter: `make demo` and `make test`. Both set up .venv first, from the hashed lock files.

.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV  := .venv
BIN   := $(VENV)/bin
PIP   := $(BIN)/python -m pip --quiet --disable-pip-version-check

# Stamps name what is installed; they are remade when a lock file or the project's metadata changes.
BARE    := $(VENV)/.stamp-bare
RUNTIME := $(VENV)/.stamp-runtime
DEV     := $(VENV)/.stamp-dev

# `make PYTHON=/path/to/python demo` overrules the search.
PYTHON  ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
WORKERS ?= auto
ARGS    ?=

.PHONY: help demo test test-all torture bench pictures check style format types laws units fmt lock clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

# ---- running ---------------------------------------------------------------------------------------------------------

demo: $(RUNTIME)  ## open DebtFlow on an embedded PostgreSQL that holds a made-up agency
	@$(BIN)/debtflow demo $(ARGS)

test: $(DEV)  ## everything that must be green before a change lands
	@$(MAKE) --no-print-directory --keep-going check units

test-all: $(DEV)  ## the same with the big files, the million rows and every PostgreSQL found
	@$(MAKE) --no-print-directory --keep-going check units SELECT='not torture'

torture: $(DEV)  ## seeded crashes and races
	$(BIN)/python -m pytest -m torture $(ARGS)

bench: $(RUNTIME)  ## ratios against a yardstick measured in the same run; ARGS="--json FILE"
	@$(BIN)/python -m benchmarks $(ARGS)

pictures: $(RUNTIME)  ## the README's pictures, taken from the running program
	@$(BIN)/python -m docs.take_pictures $(ARGS)

# ---- the parts of `make test` ----------------------------------------------------------------------------------------

SELECT ?= not slow and not torture

check: $(DEV)  ## style, formatting, types and import laws
	@$(MAKE) --no-print-directory --keep-going style format types laws

style: $(DEV)
	@$(call part,ruff check .)

format: $(DEV)
	@$(call part,ruff format --check .)

types: $(DEV)
	@$(call part,mypy)

laws: $(DEV)
	@$(call part,lint-imports)

units: $(DEV)
	@echo "== pytest"; $(BIN)/python -m pytest -n $(WORKERS) -m "$(SELECT)" $(ARGS) || { echo "FAILED: pytest" >&2; exit 1; }

# A part is silent about success and names itself when it fails.
part = echo "== $(1)"; mkdir -p .cache; if out=$$($(BIN)/$(1) 2>&1); then :; else printf '%s\nFAILED: %s\n' "$$out" "$(1)" >&2; exit 1; fi

fmt: $(DEV)  ## format, and repair what ruff can repair
	@$(BIN)/ruff check --fix-only --quiet .; $(BIN)/ruff format --quiet .

# ---- installing ------------------------------------------------------------------------------------------------------

$(BARE):
	@test -n "$(PYTHON)" || { echo "DebtFlow needs Python 3.11 or newer; none is on PATH (or name one: make PYTHON=...)" >&2; exit 2; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV) >/dev/null 2>&1 \
	|| { command -v virtualenv >/dev/null && virtualenv --quiet --clear --python $(PYTHON) $(VENV); } \
	|| { command -v uv >/dev/null && uv venv --quiet --clear --seed --python $(PYTHON) $(VENV); } \
	|| { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment: install its venv module (Debian: apt install python3-venv), virtualenv or uv" >&2; exit 2; }
	@touch $@

# --no-build-isolation: the build backend comes from the lock, too. Nothing is fetched outside of it.
SELF = $(PIP) install --no-build-isolation --no-deps --no-index --editable .

$(RUNTIME): $(BARE) requirements.lock pyproject.toml
	@test $(DEV) -nt requirements-dev.lock || { echo "Installing what DebtFlow runs on"; $(PIP) install --require-hashes --requirement requirements.lock; }
	@$(SELF)
	@touch $@

$(DEV): $(BARE) requirements-dev.lock pyproject.toml
	@echo "Installing what DebtFlow runs on and is tested with"
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@$(SELF)
	@touch $(RUNTIME) $@

# ---- keeping ---------------------------------------------------------------------------------------------------------

UV      := .cache/uv/bin/uv
COMPILE  = $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links

lock: $(UV)  ## renew the lock files; UPGRADE=--upgrade takes newer versions
	@$(COMPILE) $(UPGRADE) --group build --output-file requirements.lock
	@$(COMPILE) $(UPGRADE) --group dev --output-file requirements-dev.lock

$(UV):
	@$(PYTHON) -m venv .cache/uv && .cache/uv/bin/python -m pip --quiet install uv

clean:  ## remove what this file made; the demo's data are not touched
	rm -rf $(VENV) .cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
