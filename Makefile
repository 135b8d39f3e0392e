# Everything a newcomer needs is Python 3.11+ and make. `make help` says what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUNBUFFERED := 1
# Without its bytecode each program compiles all of Django anew whenever it starts.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test lint bench services clean
.DEFAULT_GOAL := help

help: ## What can be made
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: $(VENV)/.installed ## The site at http://127.0.0.1:8000 (PORT, VAR_DIR, DEMO=0), Ctrl-C ends it
	@PYTHONPATH=.:site exec $(BIN)/python -m config.serve

test: $(VENV)/.installed-dev ## The whole suite, on every tier that is within reach
	@exec $(BIN)/python tests/tiers.py $(ARGS)

lint: $(VENV)/.installed-dev ## Style, types, contracts between rooms, templates, migrations
	@exec ./.ci/lint

bench: $(VENV)/.installed-dev ## Tables of measurements (ONLY="intake pages")
	@exec $(BIN)/python manage.py bench $(ONLY)

services: ## PostgreSQL, Redis and Elasticsearch on loopback, for `make test`
	@exec tests/services/start.sh

clean: ## Removes the environment and ALL state under var/
	@test ! -d var/services || tests/services/stop.sh
	rm -rf $(VENV) var

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed: make run PYTHON=python3.12"; exit 1; }
	@echo "Virtual environment …"
	@$(PYTHON) -m venv $(VENV)

# uv installs the same pins as pip in a quarter of the time, and compiles nothing that is never loaded. Where it
# cannot be had or fails, pip does it. It takes another index from pip's settings, which it does not read itself.
define INSTALL
$(BIN)/python -m pip install --quiet --no-compile uv -c constraints.txt && \
index=$$($(BIN)/python -m pip config list | sed -n "s/^[^=]*[.]index-url='\(.*\)'$$/\1/p" | head -n 1) && \
UV_DEFAULT_INDEX=$${UV_DEFAULT_INDEX:-$$index} $(BIN)/uv pip install --quiet --python $(BIN)/python -r $(1) \
	-c constraints.txt || \
$(BIN)/python -m pip install --quiet --no-compile -r $(1) -c constraints.txt
endef

$(VENV)/.installed: requirements.txt constraints.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the site needs (once) …"
	@$(call INSTALL,requirements.txt)
	@touch $@

# With the site's own, in one go where neither is there.
$(VENV)/.installed-dev: requirements-dev.txt requirements.txt constraints.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the tests need (once) …"
	@$(call INSTALL,requirements-dev.txt)
	@touch $@ $(VENV)/.installed
