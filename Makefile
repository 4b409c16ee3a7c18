# The set-up's settings and commands: make help
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help demo demo-db test test-quick bench lint mutants pins clean

help demo demo-db test test-quick bench lint mutants pins clean:
	@exec $(PYTHON) -m dev $@
