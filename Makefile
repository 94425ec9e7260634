# make demo    the main job on real data, with a table, a picture and a page in demo/
# make test    the test suite
# make check   lint and types
# make slow    the simulations that need many repeats
# make bench   whence and its peers, side by side (takes a while)
PYTHON ?= python3
BIN := .venv/bin

# One thread a process: OpenMP's threads wait for each other at barriers, so that two of them beside
# another busy process are many times slower than one. Cores are used by several processes, each
# with whole files, since a page's blocks and a file's fixtures belong together.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 4))')
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

.PHONY: demo test check slow bench clean

demo: .venv/.demo
	$(BIN)/whence demo

test: .venv/.dev
	$(PYTEST) -m "not slow"

slow: .venv/.dev
	$(PYTEST) -m slow

check: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv-bench/.ok
	.venv-bench/bin/python bench/importance.py
	.venv-bench/bin/python bench/trees.py
	.venv-bench/bin/python bench/engines.py
	.venv-bench/bin/python bench/components.py
	.venv-bench/bin/python bench/data.py
	.venv-bench/bin/python bench/data_scale.py
	.venv-bench/bin/python bench/shifts.py

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "whence needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv

.venv/.demo: .venv/bin/python pyproject.toml requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements-dev.txt -e ".[demo]"
	touch $@

.venv/.dev: .venv/bin/python pyproject.toml requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt -e .
	touch $@ .venv/.demo

.venv-bench/.ok: pyproject.toml requirements-bench.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt -e .
	touch $@

clean:
	rm -rf .venv .venv-bench demo
