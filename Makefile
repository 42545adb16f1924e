# Six words to work here. `demo` and `test` set everything up by themselves.
.PHONY: setup console demo test check fmt docs site bench bench-scale chaos screenshots

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.made-from

setup: $(STAMP)
	@$(BIN)/python tools/console_libraries.py --or-warn

# the console's libraries, from npm; nothing is done where they are there
console: $(STAMP)
	@$(BIN)/python tools/console_libraries.py

# uv where it is installed, else a plain venv and pip; the versions are those of uv.lock either way
$(STAMP): pyproject.toml uv.lock tools/pins.py
	@if command -v uv >/dev/null 2>&1; then uv sync --quiet --frozen; else \
	  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Ohmstead needs Python 3.11 or newer; try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }; \
	  $(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet --upgrade "pip>=25.1" && \
	  $(BIN)/python tools/pins.py > .venv/constraints.txt && \
	  $(BIN)/python -m pip install --quiet --constraint .venv/constraints.txt --editable . --group dev; fi
	@touch $@

demo: setup
	@$(BIN)/ohmstead demo $(ARGS)

test: setup
	$(BIN)/python -m pytest --numprocesses=auto --dist=worksteal $(ARGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/generate.py --check
	$(BIN)/python tools/reference.py --check
	$(BIN)/python tools/breaking.py

fmt: setup
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

docs: setup
	$(BIN)/python tools/reference.py

# the documentation as a web site in build/site, which needs no other host
site: docs
	$(BIN)/python tools/site.py

bench: setup
	$(BIN)/python bench/run.py $(ARGS)

# from one process to many: measured, and written to docs/scale.md with its plots
bench-scale: setup
	$(BIN)/python bench/scale.py --json build/scale.json $(ARGS)
	$(BIN)/python bench/report.py build/scale.json

# break everything under load, then count; ARGS="--seconds 3600 --stations 5000 --gateways 4 --apis 2 --pause 40"
chaos: setup
	$(BIN)/python tests/system/chaos.py $(ARGS)

screenshots: setup
	$(BIN)/python tools/screenshots.py
