# make demo    sets up what it needs and runs the registration scenarios
# make test    the same for all tests; installs system packages where it may (root or sudo)
# make check   format, lint and types
# make bench   speed next to C, what registrations cost, and how stores grow (BENCH=--short: about three minutes)
# make mutate  changes the core in every small way, in a copy: each change must make a test fail (20 minutes)
# make soak    the long runs: a hostile host (RUNS=40000), 200 registrations and a portal killed 50 times, cards torn and killed
#
# PYTHON= chooses the interpreter of .venv: /usr/bin/python3 where it is new enough, else python3.

NEW_ENOUGH = import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell /usr/bin/python3 -c '$(NEW_ENOUGH)' 2>/dev/null && echo /usr/bin/python3 || echo python3)
BIN = .venv/bin
PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check
JOBS ?= 2
RUNS ?= 40000

.PHONY: demo test check bench mutate soak soak-hostile format packages clean

demo: .venv/ready
	@$(BIN)/softeid run scenarios/ -j $(JOBS)
	@$(BIN)/python -m softeid.harness.command.next_steps

test: check packages .venv/ready-test
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(PYTEST)

check: .venv/ready-check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: .venv/ready-test
	@sh tools/install-packages packages-bench.txt
	$(BIN)/python -m bench $(BENCH)

mutate: .venv/ready-mutate
	@$(BIN)/python -m tests.mutation --workers $(JOBS) $(MUTATE)

soak: soak-hostile .venv/ready-test
	KILL=full $(BIN)/python -m pytest -q -s tests/kill
	TEAR=full $(BIN)/python -m pytest -q -s tests/tear

soak-hostile: .venv/ready-soak
	$(BIN)/python -m pytest -q tests/hostile/test_fuzz.py
	$(BIN)/python -m tests.hostile --runs $(RUNS)

format: .venv/ready-check
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

packages:
	@sh tools/install-packages packages.txt

# One stamp for each set of dependencies, so that `make demo` needs no compiler.
.venv/ready: pyproject.toml
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo "softeid needs Python 3.11 or newer; found: $$($(PYTHON) --version 2>&1)"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
	  { echo "python3 -m venv does not work here; on Debian: apt-get install python3-venv"; exit 2; }
	@echo "setting up .venv"
	@$(PIP) install --editable '.[lab]' || { echo "pip could not install what softeid needs; behind a mirror set PIP_INDEX_URL"; exit 2; }
	@touch $@

.venv/ready-check: .venv/ready
	@$(PIP) install --editable '.[check,test-pure,test-web]'
	@touch $@

.venv/ready-test: .venv/ready-check
	@$(PIP) install --editable '.[check,test]' || \
	  echo "pyscard could not be built: the tests that need it will skip"
	@touch $@

.venv/ready-mutate: .venv/ready-check
	@$(PIP) install --editable '.[mutate]'
	@touch $@

.venv/ready-soak: .venv/ready-check
	@$(PIP) install --editable '.[soak]'
	@touch $@

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
