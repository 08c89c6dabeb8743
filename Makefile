# The workshop. `make` lists what it can do; every target sets up what it needs.
#   make test PYTHON=python3.12     another Python (3.11 or newer)
#   make test PYTEST="-k equality"  more options for pytest

PYTHON ?= python3
VENV ?= .venv
PYTEST ?=
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# A stamp carries the Python's version: another PYTHON starts the environment afresh.
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>&1)
STAMP := $(VENV)/stamp-$(VERSION)

# One BLAS thread for each test worker: quick on two cores, and the same sums everywhere.
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
SOURCES := $(wildcard catlearn tests examples benchmarks docs)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test networks lint format bench clean

help:
	@echo "make demo    train on real handwritten digits; pictures and figures go to out/"
	@echo "make test    every law, test and doctest, with coverage"
	@echo "make networks  get the public Bayesian networks that some tests read"
	@echo "make lint    ruff, mypy --strict, and the storeys of the house"
	@echo "make format  let ruff format the code and sort the imports"
	@echo "make bench   ratios against the peers that are installed in $(VENV)"
	@echo "make clean   remove everything that these made"

demo: $(STAMP)-demo
	$(BIN)/catlearn demo

test: $(STAMP)-test
	$(ONE_THREAD) $(BIN)/python -m pytest -n 2 --cov $(PYTEST) || { status=$$?; \
	  test $$status -ne 5 || echo "make test: no test was run; look at PYTEST here and at testpaths in pyproject.toml" >&2; \
	  exit $$status; }

# Into ~/.cache/catlearn/networks, or $CATLEARN_NETWORKS; nothing is done where they are there already.
networks: $(STAMP)
	@$(BIN)/python -m tests.networks

lint: $(STAMP)-test $(STAMP)-lint
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/python -m mypy
	$(BIN)/lint-imports

format: $(STAMP)-lint
	$(BIN)/ruff check --select I --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

# For every peer: .venv/bin/pip install -e '.[benchmarks]' (about 2 GB).
bench: $(STAMP)-test
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) out build dist htmlcov .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP)-%: $(STAMP) pyproject.toml
	@echo "installing catlearn with its extra '$*' into $(VENV) (a minute or two the first time)"
	@$(PIP) install --editable '.[$*]'
	@touch $@

$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "catlearn needs Python 3.11 or newer, and $(PYTHON) is not: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(if $(wildcard $(VENV)/stamp-*),--clear) $(VENV)
	@touch $@
