# Everything lives in .venv; nothing global is touched. PYTHON=... chooses the interpreter (3.11 to 3.13).

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	>/dev/null 2>&1 && echo "$$p" && break; done)

.PHONY: demo test test-whole test-versions scikit-learn-tests fuzz kill lint bench docs package figures reproduce-energy reproduce-nets reproduce-mnist coverage clean

demo: .venv/.ready
	.venv/bin/python -m suffice.demo

test: lint
	.venv/bin/python -m pytest

test-whole: .venv/.ready # every claim of the banks, 500 random networks a law, every setting of estimators
	.venv/bin/python -m pytest -m ""

test-versions: .venv/.ready
	.venv/bin/python tests/versions.py

scikit-learn-tests: .venv/.ready
	.venv/bin/python experiments/scikit_learn_tests.py

fuzz: .venv/.ready
	.venv/bin/python experiments/fuzz.py

kill: .venv/.ready
	.venv/bin/python experiments/kill.py

lint: .venv/.ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/pyright --pythonpath .venv/bin/python

bench: .venv/.bench
	.venv/bin/python benchmarks/mixtures.py
	.venv/bin/python benchmarks/starts.py
	.venv/bin/python benchmarks/convergence.py
	.venv/bin/python benchmarks/mixtures_in_turns.py
	.venv/bin/python benchmarks/small_calls.py
	.venv/bin/python benchmarks/missing.py
	.venv/bin/python benchmarks/online.py
	.venv/bin/python benchmarks/classify.py
	.venv/bin/python benchmarks/factor.py
	.venv/bin/python benchmarks/energy.py
	.venv/bin/python benchmarks/energy_rbm.py
	.venv/bin/python benchmarks/nets.py
	.venv/bin/python benchmarks/defaults.py
	.venv/bin/python benchmarks/uncertainty.py
	.venv/bin/python benchmarks/bayesnet.py
	.venv/bin/python benchmarks/wide.py
	.venv/bin/python benchmarks/inspect_networks.py

docs: .venv/.docs
	.venv/bin/python site/build.py

package: .venv/.ready
	rm -rf dist
	.venv/bin/python -m pip install --quiet --disable-pip-version-check build
	.venv/bin/python -m build
	.venv/bin/python tests/packages.py dist

figures: .venv/.ready
	.venv/bin/python docs/figures.py
	.venv/bin/python docs/graphs.py
	.venv/bin/python docs/tutorial_figures.py
	.venv/bin/python docs/choose.py
	.venv/bin/python docs/house.py
	.venv/bin/suffice inspect resnet --channels 4 --graph docs/figures/graph-resnet.svg
	.venv/bin/suffice inspect alexnet --towers 2 --graph docs/figures/graph-alexnet.svg

reproduce-energy: .venv/.ready
	.venv/bin/python experiments/ising_map.py --out reproduced
	.venv/bin/python experiments/digits_rbm.py --out reproduced
	.venv/bin/python experiments/given_cells.py

reproduce-nets: .venv/.ready
	.venv/bin/python experiments/resnet_capacity.py --out reproduced
	.venv/bin/python experiments/pretraining.py --out reproduced

reproduce-mnist: .venv/.ready
	.venv/bin/python experiments/mnist_rbm.py
	.venv/bin/python experiments/mnist_convnet.py

.venv/.ready: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 with venv was not found; name one: make PYTHON=/path/to/python"; exit 1; }
	"$(PYTHON)" -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

coverage: .venv/.ready  # how often intervals hold the truth, over 500 simulated data sets a case
	.venv/bin/python experiments/coverage.py
	.venv/bin/python experiments/bootstrap_level.py

.venv/.bench: .venv/.ready
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -e '.[test,bench]'
	@touch $@

.venv/.docs: .venv/.ready
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -e '.[test,docs]'
	@touch $@

clean:
	rm -rf .venv demo reproduced dist build .pytest_cache .ruff_cache
	find src tests benchmarks experiments -name __pycache__ -type d -prune -exec rm -rf {} +
