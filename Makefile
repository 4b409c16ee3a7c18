# The set-up's settings and commands: make help
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help demo demo-db test bench lint clean

help demo demo-db test bench lint clean:
	@exec $(PYTHON) -m dev $@
