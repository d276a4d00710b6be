# The same commands people and CI run; each works on a fresh machine with Python 3.11+ and make.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-postgres test-evals test-engine lint data docs bench fuzz train format clean

demo: .venv/core
	$(BIN)/chipledger demo

test: .venv/dev
	$(BIN)/pytest -n 2

test-postgres: .venv/dev
	$(BIN)/pip install -q -c constraints.txt -e .[postgres]
	$(BIN)/pytest -m postgres

test-evals: .venv/dev
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e .[evals]
	$(BIN)/pytest -m evals tests/evals

test-engine: .venv/dev
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e .[ray]
	$(BIN)/pytest -m engine tests/engine

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

data: .venv/dev
	$(BIN)/pytest tests/data

docs: .venv/dev
	$(BIN)/pytest docs README.md

bench: .venv/dev
	$(BIN)/python -m benchmarks $(ARGS)

fuzz: .venv/dev
	$(BIN)/python benchmarks/fuzz.py --documents 1000000

train: .venv/dev
	$(BIN)/pip install -q -c constraints.txt -e .[train]
	$(BIN)/python benchmarks/train_purpose.py $(ARGS)

format: .venv/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv build

.venv/core: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/dev: .venv/core
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e .[dev]
	touch $@
