.DEFAULT_GOAL := help
.PHONY: help serve test check bench clean

ARGS ?=

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo 'ARGS="..." is passed on: make serve ARGS="--port 9000", make test ARGS="tests/routing -x"'

serve: ## Install what is needed, start Ray Serve, vLLM and the gateway; Ctrl-C ends them all
	@scripts/install cpu
	@exec .venv/bin/dragoman serve $(ARGS)

test: ## Install what is needed and run the tests
	@scripts/install cpu --dev
	@scripts/test $(ARGS)

check: ## Format, lint, types and import contracts
	@scripts/install cpu --dev
	@scripts/check

bench: ## Measure the gateway beside its peers
	@scripts/install cpu --dev
	@.venv/bin/python benchmarks/overhead.py $(ARGS)

clean: ## Remove the environment and every cache in the checkout
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
