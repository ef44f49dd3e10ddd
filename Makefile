# Everything a newcomer or a contributor types. Each target sets up what it needs first (bootstrap.py);
# a second run finds it done.

PYTHON ?= python3
KINESICS := .venv/bin/kinesics
PYTEST := .venv/bin/python -m pytest

# DDS discovery stays on this machine: a demo must not move, or be moved by, a robot on the network.
export ROS_AUTOMATIC_DISCOVERY_RANGE := LOCALHOST

.DEFAULT_GOAL := help
.PHONY: help setup demo view bench train test test-fast lint types clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## the environment in .venv and the ROS interfaces
	@$(PYTHON) bootstrap.py

demo: setup ## a person's video answered by the robot: out/demo/demo.mp4
	$(KINESICS) demo

view: ## the same, live, in Rerun
	@$(PYTHON) bootstrap.py --with view
	$(KINESICS) view

bench: ## speed, latency and memory beside MediaPipe and torch alone: out/bench/
	@$(PYTHON) bootstrap.py --with train,fit,smplx
	$(KINESICS) bench loop
	$(KINESICS) bench forecast
	$(KINESICS) bench fit
	$(KINESICS) bench page

train: ## our forecaster, from a dataset (`kinesics data import`): make train DATA=DIR
	@test -n "$(DATA)" || { echo "Say which dataset to train on: make train DATA=DIR"; exit 2; }
	@$(PYTHON) bootstrap.py --with train
	$(KINESICS) train forecast --network ours --recipe ours --data $(DATA) --out out/train

test: ## all tests
	@$(PYTHON) bootstrap.py --with test,train,fit,view,smplx,cluster
	$(PYTEST)

test-fast: ## the tests that take seconds
	@$(PYTHON) bootstrap.py --with test,train,fit,view,smplx,cluster
	$(PYTEST) -m "not slow"

lint: ## ruff
	@$(PYTHON) bootstrap.py --with test
	.venv/bin/ruff check .

types: ## mypy
	@$(PYTHON) bootstrap.py --with test
	.venv/bin/mypy

clean: ## removes the environment, the builds and out/
	rm -rf .venv .ros out build dist src/*.egg-info
