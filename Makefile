# The commands of one desk. Only Python 3.11 to 3.13 and make are needed; all else is fetched into
# .venv/ and kept in var/. PYTHON=... chooses the interpreter, PORT=... the port of `make run`.
export MINUTES SEED

PYTHON := $(or $(PYTHON),$(shell for p in python3.13 python3.12 python3.11 python3; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && echo "$$p" && exit; done; echo python3))
BOOTSTRAP = $(PYTHON) deploy/embedded/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help run test check lock bench chaos clean prepare

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 16

run: ## start the whole site with its demo; Ctrl-C stops it (PORT=8000)
	@exec $(BOOTSTRAP) run

test: ## the whole test suite, on a database of its own (PYTEST_ARGS="-k name")
	@exec $(BOOTSTRAP) test

check: ## format, lint, types, import contract, templates, migrations, production settings
	@exec $(BOOTSTRAP) check

bench: ## measure the pages and the chain
	@exec $(BOOTSTRAP) bench

chaos: ## kill servers and break the payment service while people buy (MINUTES=10, SEED=1)
	@exec $(BOOTSTRAP) chaos

prepare: ## only install what is needed and build the front end
	@exec $(BOOTSTRAP) prepare

lock: ## pin requirements/*.in again, with hashes
	@exec $(BOOTSTRAP) lock

clean: ## remove .venv, var (the demo's data too) and everything built
	@exec $(BOOTSTRAP) clean
