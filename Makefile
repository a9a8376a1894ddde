# make demo   set everything up, then run the pipeline on a simulated cohort
# make test   set everything up, then run the tests
# make lint   ruff, snakefmt and Snakemake's own lint
# make columns  write docs/columns.md, the columns of all sheets, from their schemas
# make lock   resolve the locks anew (needs uv on the path)
SHELL := /bin/sh
BIN := $(CURDIR)/.venv/bin
# Given on the command line (make demo CORES=4) and never taken from the environment.
CORES = 2
DEMO = demo

ifneq ($(words $(CURDIR)),1)
$(error The path of this checkout holds a blank, which Snakemake cannot run scripts from: $(CURDIR). \
Move the checkout to a folder without one; your own study may lie anywhere)
endif

# Nobody's active environment, and no profile of a cluster, may leak into the runs.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME CONDA_PREFIX SNAKEMAKE_PROFILE
# Snakemake keeps a cache in the home folder and asks for the user's name; containers lack both.
ifneq ($(shell test -w "$$HOME" && echo yes),yes)
export HOME := $(CURDIR)/.venv/home
endif
ifeq ($(shell id -un 2>/dev/null),)
export LOGNAME ?= user
endif
export PATH := $(BIN):$(PATH)

SNAKEMAKE = $(BIN)/python -m snakemake
DEMO_RUN = $(SNAKEMAKE) --cores $(CORES) --directory $(DEMO) \
	--configfile config/demo/config.yaml --quiet rules --
DEMO_HELP = The demo did not end well; see above. If an earlier run of it was killed and none is \
running now, remove the folder $(DEMO) and run make demo again.

.PHONY: demo test lint format columns lock clean
.DEFAULT_GOAL := help

.PHONY: help
help:
	@sed -n 's/^# make/make/p' Makefile

.venv/.installed: envs/install.sh envs/requirements.lock envs/uv.lock
	@echo "Setting up .venv (once; about a minute, 1.3 GB)"
	@sh envs/install.sh && mkdir -p .venv/home

demo: .venv/.installed
	@$(DEMO_RUN) simulate_cohort || { echo "$(DEMO_HELP)"; exit 1; }
	@$(DEMO_RUN) || { echo "$(DEMO_HELP)"; exit 1; }
	@echo "The report: $(abspath $(DEMO))/results/report/report.html"
	@echo "The laboratory's page: $(abspath $(DEMO))/results/lab/lab.html"

test: .venv/.installed
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: .venv/.installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/snakefmt --check Snakefile workflow
	@$(SNAKEMAKE) --lint

format: .venv/.installed
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/snakefmt Snakefile workflow

columns: .venv/.installed
	@cd scripts && $(BIN)/python -c \
		"from correlates.intake.sheets.columns_page import write_columns_page as w; w()"

LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header --quiet

lock:
	$(LOCK) envs/uv.in -o envs/uv.lock
	$(LOCK) --extra dev pyproject.toml -o envs/requirements.lock

clean:
	rm -rf .venv demo .pytest_cache .ruff_cache
