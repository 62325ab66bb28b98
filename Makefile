# Everything is set up by these targets: a virtual environment in .venv, and as root on Debian the
# system packages that the integration tests need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check evaluate evaluate-attribution fit format pages clean system-packages

$(STAMP): pyproject.toml requirements/dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The whole case with fictional people, command by command; ends with the paths of what it made.
demo: $(STAMP)
	$(BIN)/tocsin exercise story -o demo --force --play

test: $(STAMP) system-packages
	$(BIN)/python -m pytest -n auto --dist worksteal

# The packages are named by the tests that skip without them.
system-packages:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  missing=""; for p in strace util-linux chromium iproute2 openssl fonts-dejavu-core postgresql postfix dovecot-imapd dovecot-lmtpd; do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	  if [ -n "$$missing" ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; fi; \
	fi

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# What verdicts find, miss and alarm about for nothing; real mail comes from TOCSIN_CORPUS, and without it
# `make evaluate EVALUATE=--exercises-only` works. EVALUATE takes any option of the first command, LINKING of the
# second, which tells how campaigns are found (LINKING='--scale 0' leaves out the timing).
evaluate: $(STAMP)
	@$(BIN)/python -m benchmarks.verdicts $(EVALUATE)
	@$(BIN)/python -m benchmarks.linking $(LINKING)

# How often public indicators and techniques lead to the right actor; TOCSIN_CTI names the folder of public intelligence.
evaluate-attribution: $(STAMP)
	@$(BIN)/python -m benchmarks.attribution all

# Weights fitted again, from TOCSIN_CORPUS and exercises, into the package; `make evaluate` and `make pages` follow.
fit: $(STAMP)
	@$(BIN)/python -m benchmarks.fit --write

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

pages: $(STAMP)
	$(BIN)/python docs/make_pages.py
	$(BIN)/python docs/make_detector_pages.py
	$(BIN)/python docs/make_schemas.py
	$(BIN)/python docs/make_known_tests.py
	$(BIN)/python docs/make_habits.py

clean:
	rm -rf $(VENV) demo .mypy_cache .ruff_cache .pytest_cache
