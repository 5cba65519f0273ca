# One command each; the same in CI. `make` alone lists them.

ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench peers clean
.NOTPARALLEL:

help:  ## list the commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /make \1\t/' | expand -t 14

setup:  ## build .venv and install Debian's mosquitto, influxdb and board tools where that is allowed
	@deploy/setup.sh programs
	@deploy/setup.sh venv

demo: setup  ## a whole simulated street on this machine: make demo ARGS="--seconds 60 --cut"
	QUANHO_AVR_HOST="$${QUANHO_AVR_HOST:-$$(.venv/bin/python -m tests.simavr.build 2>/dev/null)}" .venv/bin/quanho demo $(ARGS)

test: setup  ## run the tests: make test ARGS="tests/edge -k serial"
	.venv/bin/python -m pytest -n 2 --dist loadscope $(ARGS)

lint: setup  ## check style, types and who imports whom
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: setup  ## run the benchmarks: make bench ARGS="--help"
	.venv/bin/python -m bench $(ARGS)

peers: setup  ## the reference parsers that `make bench ARGS=decoders` measures against
	@deploy/setup.sh peers

clean:  ## remove what setup, tests and tools made here
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
