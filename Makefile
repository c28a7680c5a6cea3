# `make demo` and `make test` do all that is needed on a machine with Python 3.11 or newer and
# nothing else. The virtual environment is made once and again whenever pyproject.toml changes.

PYTHON ?= python3
VENV ?= .venv
CORES ?= all
DATA ?= ../shared/data

.PHONY: demo test test-clusters soak bench lint clean

demo: $(VENV)/.run
	$(VENV)/bin/snakemake --cores $(CORES) --quiet host reason
	@$(VENV)/bin/mcnn summary results/demo
	@echo "Next, your own videos: $(VENV)/bin/mcnn check-data --configfile config.yaml --configfile config/own_videos.yaml"

test: $(VENV)/.dev
	$(VENV)/bin/python -m pytest -n auto --maxprocesses 8 --dist loadgroup --ignore tests/cluster

# Apart from the others: it starts a SLURM, as root, and everything waits for the one controller.
# The plugins for Kubernetes lie outside the environment, since they slow down each start.
test-clusters: $(VENV)/.dev $(VENV)/kubernetes
	$(VENV)/bin/python -m pytest tests/cluster/test_slurm.py
	PYTHONPATH=$(abspath $(VENV)/kubernetes) $(VENV)/bin/python -m pytest tests/cluster/test_kubernetes.py

# Long: 60 interruptions of a run, and 100,000 damaged files.
soak: $(VENV)/.dev
	$(VENV)/bin/python tests/soak/interruptions.py "$$(mktemp --directory)/runs"
	$(VENV)/bin/python -m tests.fuzz --cases 100000

# Half an hour or so on an idle machine: benchmarks/README.md anew.
bench: $(VENV)/.dev
	$(VENV)/bin/python -m pip install --quiet --editable '.[bench]'
	$(VENV)/bin/python benchmarks/book.py $(DATA)

lint: $(VENV)/.dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/snakefmt --check Snakefile rules
	$(VENV)/bin/mypy
	$(VENV)/bin/snakemake --lint
	$(VENV)/bin/hadolint Dockerfile
	$(VENV)/bin/mkdocs build --strict --quiet

clean:
	rm -rf results resources .snakemake

$(VENV)/.run: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --editable .
	touch $@

$(VENV)/kubernetes: pyproject.toml
	$(VENV)/bin/python -m pip install --quiet --upgrade --target $@ \
		snakemake-executor-plugin-kubernetes snakemake-storage-plugin-s3
	touch $@

$(VENV)/.dev: $(VENV)/.run
	$(VENV)/bin/python -m pip install --quiet --editable '.[dev]'
	touch $@
