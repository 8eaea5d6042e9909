# The two commands are `make tables` and `make test`; both set up what they need.

# The newest supported Python that is here and starts.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11; do \
  if $$name -c '' 2> /dev/null; then echo $$name; exit; fi; done; echo python3)
VENV := .venv
INSTALLED := $(VENV)/.installed
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup tables test test-long test-slurm test-chaos dag lint types style format reference data lock bench ui

help:  ## Show these lines.
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

setup: $(INSTALLED)  ## Create the environment in .venv from the pinned requirements.

$(INSTALLED): envs/requirements.txt envs/engram.post-deploy.sh pyproject.toml
	$(PYTHON) -m venv $(VENV)
	sh envs/engram.post-deploy.sh
	touch $@

tables: setup  ## Run the demonstration: every table, figure and claim.
	snakemake

# Two processes of two threads each, on two cores, take two to three times as long.
test: export OMP_NUM_THREADS := 1
test: setup  ## Check the code as lint does and run the tests, 13 minutes on two cores; without the next three.
	$(MAKE) --jobs 2 lint
	pytest -n 2 --dist loadfile -m "not chaos and not slurm and not long" --ignore tests/workflow
	pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not chaos and not slurm and not long" tests/workflow

test-long: export ENGRAM_ALL_EXAMPLES := 1
test-long: setup  ## Run the tests that take long: the examples, real faces, damaged and interrupted runs.
	pytest -n 2 --dist loadfile -m "(long or damage) and not chaos and not slurm"

test-slurm: setup  ## Run on a real SLURM cluster of two nodes on this machine; tests/slurm/install.sh installs SLURM.
	pytest -m slurm -rs tests/slurm

test-chaos: setup  ## Interrupt and damage runs of both studies, for half an hour; ENGRAM_CHAOS_SEED repeats one.
	pytest -m chaos

dag: setup  ## Check in a minute, without data and torch, that every configuration has a valid plan and lint is clean.
	.ci/dag

lint: types style  ## Check the code, its types and imports, the rules, their format and the spelling.

types: setup
	mypy

style: setup
	ruff check .
	ruff format --check .
	lint-imports
	codespell
	snakefmt --check Snakefile workflow
	snakemake --lint

format: setup  ## Format the code and the rules.
	ruff check --fix .
	ruff format .
	snakefmt Snakefile workflow

reference: setup  ## Generate config/README.md and the schema from the settings.
	python -m engram.config.reference

data: setup  ## Draw the default faces into data/ and let DVC write data.dvc.
	python -m engram.data.synthetic.pinned data
	dvc add --quiet data

lock: setup  ## Pin what is installed in .venv; run after changing envs/requirements.in.
	pip freeze --exclude-editable | sed -E 's/^((nvidia|cuda|triton)[^;]*)$$/\1 ; sys_platform == "linux"/' \
	  > envs/requirements.txt

bench: setup  ## Measure what the project claims of speed and memory; writes benchmarks/ and what plans are worked out from.
	python -m benchmarks

ui: setup  ## Show all runs in MLflow.
	mlflow ui --backend-store-uri sqlite:///mlflow.db --host 127.0.0.1 --workers 1
