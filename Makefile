# `make demo` and `make test` need Python >= 3.11 and nothing else: they make .venv and install into it.
# Paths are relative throughout, so that a checkout may stand in a folder with spaces.

CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python
PYTHON ?= $(shell for p in $(CANDIDATES); do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --disable-pip-version-check -qq
PYTEST_ARGS ?= -n auto
EXAMPLES ?= 20000
SEED ?= 1000

.DEFAULT_GOAL := help
.PHONY: help demo test soundness differential lint format bench bench-gateway bench-routes bench-resilience corpus example clean

help:
	@echo 'make demo    generate the storefront gateway, start it over mock backends, call it (ONCE=1: and stop)'
	@echo 'make test    every test; PYTEST_ARGS="-x tests/cli" narrows it'
	@echo 'make soundness  what the examples answer whatever their backends do (SOUNDNESS=2000 draws for each endpoint)'
	@echo 'make differential  random compositions against what they mean (EXAMPLES=20000 SEED=1000)'
	@echo 'make lint    ruff, mypy and the import contracts'
	@echo 'make bench   how long generating takes, and what takes it'
	@echo 'make corpus  every operation of ../shared/corpus compiled, typed and asked (minutes); FOLDER=..., WRITE=1'
	@echo 'make bench-gateway  what a request costs in a generated gateway, beside others; writes benchmarks/GATEWAY.md'
	@echo 'make bench-routes  what a thousand endpoints cost beside ten; writes benchmarks/ROUTES.md'
	@echo 'make bench-resilience  what faults and floods do to one; writes benchmarks/RESILIENCE.md'
	@echo 'make example write generated_example anew'

$(VENV)/.made:
	@test -n '$(PYTHON)' || { echo 'bffgen needs Python 3.11 or newer; none was found (make PYTHON=/path/to/python)' >&2; exit 1; }
	@test -x '$(RUN)' || '$(PYTHON)' -m venv $(VENV) || \
		{ echo 'python -m venv failed: on Debian and Ubuntu, apt install python3-venv' >&2; exit 1; }
	@touch $@

$(VENV)/.installed: pyproject.toml | $(VENV)/.made
	@echo 'installing bffgen into $(VENV) (once; about a minute) ...' >&2
	@$(PIP) install --editable .
	@$(RUN) -m compileall -q bffgen
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/.made
	@echo 'installing bffgen and its tests'"'"' needs into $(VENV) (once; about a minute) ...' >&2
	@$(PIP) install --editable '.[dev]'
	@$(RUN) -m compileall -q bffgen
	@touch $@ $(VENV)/.installed

demo: $(VENV)/.installed
	@$(RUN) -m bffgen.dev.demo $(if $(ONCE),--once)

test: $(VENV)/.installed-dev
	@$(RUN) -m pytest $(PYTEST_ARGS)

soundness: $(VENV)/.installed-dev
	@SOUNDNESS=$${SOUNDNESS:-2000} $(RUN) -m pytest $(PYTEST_ARGS) tests/soundness

differential: $(VENV)/.installed-dev
	@$(RUN) -m tests.differential.explore --examples $(EXAMPLES) --seed $(SEED)

lint: $(VENV)/.installed-dev
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(RUN) -c 'from importlinter.cli import lint_imports_command as run; run()'

format: $(VENV)/.installed-dev
	$(RUN) -m ruff check --fix --quiet .
	$(RUN) -m ruff format .

bench: $(VENV)/.installed-dev
	@$(RUN) benchmarks/generate.py

corpus: $(VENV)/.installed-dev
	@$(RUN) -m tests.corpus.run $(if $(FOLDER),'$(FOLDER)') $(if $(WRITE),--write)

bench-gateway: $(VENV)/.installed-dev
	@$(RUN) -m benchmarks.gateway --write

bench-routes: $(VENV)/.installed-dev
	@$(RUN) -m benchmarks.gateway.routes --write

bench-resilience: $(VENV)/.installed-dev
	@$(RUN) -m benchmarks.resilience

example: $(VENV)/.installed
	@$(RUN) -m bffgen generate specs/storefront/storefront.yaml -o generated_example

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
