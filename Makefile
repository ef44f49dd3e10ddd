# Everything a newcomer or a contributor types. Each target sets up what it needs first (bootstrap.py);
# a second run finds it done.

PYTHON ?= python3
KINESICS := .venv/bin/kinesics
PYTEST := .venv/bin/python -m pytest
# Files side by side, in the order of tests/conftest.py; tests wait now and then: one more than cores.
FILES := -n 3 --dist loadfile --no-loadscope-reorder
TESTED := test,train,fit,view,foxglove,smplx,cluster,vposer,docs,robot

# DDS discovery stays on this machine: a demo must not move, or be moved by, a robot on the network.
export ROS_AUTOMATIC_DISCOVERY_RANGE := LOCALHOST

.DEFAULT_GOAL := help
.PHONY: help python setup demo view bench train docs test test-fast fuzz lint types clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found; Kinesics needs Python 3.10, \
	3.11 or 3.12. Install it (Debian, Ubuntu: sudo apt-get install python3 python3-venv python3-dev) \
	or name another: make PYTHON=python3.11 demo" | tr -s '\t ' ' ' >&2; exit 1; }

setup: python ## the environment in .venv and the ROS interfaces
	@$(PYTHON) bootstrap.py

demo: setup ## a person's video answered by the robot: out/demo/demo.mp4
	$(KINESICS) demo

view: python ## the same, live, in Rerun
	@$(PYTHON) bootstrap.py --with view
	$(KINESICS) view

bench: python ## speed, latency and memory beside MediaPipe and torch alone: out/bench/
	@$(PYTHON) bootstrap.py --with train,fit,smplx
	$(KINESICS) bench loop
	$(KINESICS) bench express
	$(KINESICS) bench forecast
	$(KINESICS) bench fit
	$(KINESICS) bench page

train: python ## our forecaster, from a dataset (`kinesics data import`): make train DATA=DIR
	@test -n "$(DATA)" || { echo "Say which dataset to train on: make train DATA=DIR"; exit 2; }
	@$(PYTHON) bootstrap.py --with train
	$(KINESICS) train forecast --network ours --recipe ours --data $(DATA) --out out/train

docs: python ## the API's pages, made from the docstrings: out/docs/index.html
	@$(PYTHON) bootstrap.py --with docs,train,fit,view
	.venv/bin/python docs/api.py out/docs

test: python ## all tests, three files at a time
	@$(PYTHON) bootstrap.py --with $(TESTED)
	$(PYTEST) $(FILES)

test-fast: python ## the tests that take seconds, three files at a time
	@$(PYTHON) bootstrap.py --with $(TESTED)
	$(PYTEST) -m "not slow" $(FILES)

fuzz: python ## damaged files to every reader, absurd messages and goals to every node; FILES=, MESSAGES=, GOALS= say how many
	@$(PYTHON) bootstrap.py --with test,train,fit
	.venv/bin/python tests/fuzz/damaged_files.py --count $(or $(FILES),80)
	.venv/bin/python tests/fuzz/messages.py --count $(or $(MESSAGES),10000)
	.venv/bin/python tests/fuzz/goals.py --count $(or $(GOALS),400)

lint: python ## ruff
	@$(PYTHON) bootstrap.py --with test
	.venv/bin/ruff check .

types: python ## mypy
	@$(PYTHON) bootstrap.py --with test
	.venv/bin/mypy

clean: ## removes the environment, the builds and out/
	rm -rf .venv .ros out build dist src/*.egg-info
