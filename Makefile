# Two commands do all the set-up: `make run` (the workbench on the embedded demo) and `make test` (all tests).
SHELL := /bin/sh
PIP = .venv/bin/python -m pip --disable-pip-version-check --quiet
PORT ?= 8501
# One thread of linear algebra a process: tests run side by side, and last digits stay the same.
export OPENBLAS_NUM_THREADS := 1

.PHONY: run test check demo null soak bench constraints clean

run: .venv/.run
	.venv/bin/fortuit serve --port $(PORT)

.venv/bin/python:
	python=$$(sh scripts/choose_python.sh) && "$$python" -m venv .venv

.venv/.run: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) install --constraint constraints.txt --editable .
	touch $@

.venv/.test: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) install --constraint constraints.txt --editable '.[test,check,spark,postgresql]'
	touch .venv/.run $@

test: .venv/.test
	sh scripts/test_services.sh
	.venv/bin/python -m pytest -n 2 --dist loadfile tests

check: .venv/.test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/python -m pytest -q tests/architecture

demo: .venv/.run
	.venv/bin/fortuit demo --output build/demo

null: .venv/.test
	.venv/bin/python -m tests.null

soak: .venv/.test
	.venv/bin/python -m pytest -n 2 -m soak tests

bench: .venv/.test
	$(PIP) install --constraint constraints.txt '.[peers]' || echo "Some peers could not be installed; their rows will be absent."
	.venv/bin/python -m benchmarks all --peers --json

constraints: .venv/bin/python
	$(PIP) install uv
	{ sed -n '1,2p' constraints.txt; .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-header --no-annotate --no-emit-index-url pyproject.toml; } > constraints.new
	mv constraints.new constraints.txt

clean:
	rm -rf .venv build
