# Each target is one script in scripts/; what they need is installed by scripts/setup.sh, which says what and why.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo demo-reset build test simulate mutations end2end bench pictures fmt
MAKEFLAGS += --no-print-directory

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: ## build and start the console with a practice ServiceNow; Ctrl-C stops; ARGS="--listen 127.0.0.1:9000"
	@scripts/demo.sh $(ARGS)

demo-reset: ## delete the demo's data (./demo-data) and so start over
	@echo "Deleting $(CURDIR)/demo-data"
	@rm -rf demo-data

build: ## build the released program into target/dist
	@scripts/setup.sh build
	@scripts/build.sh

test: ## every check: formatting, clippy, unit, property, database and browser tests
	@scripts/test.sh

simulate: ## many histories of the deterministic simulation; HISTORIES=100000 SEED=1
	@scripts/simulate.sh "$(HISTORIES)" "$(SEED)"

mutations: ## deliberate bugs, each put into a scratch copy: does a test fail? ARGS="lease-ignored" for one
	@scripts/mutations.sh $(ARGS)

end2end: build ## the browser tests only; ARGS="journey --headed"
	@scripts/setup.sh test
	@. scripts/env.sh && scripts/with-postgres.sh playwright test --config end2end/playwright.config.ts $(ARGS)

bench: ## measure latency, throughput, memory with a million links, every page, and the practice instance; ARGS="throughput" for one part
	@scripts/bench.sh $(ARGS)

pictures: build ## screenshots of every page into ./shots, and the README's picture
	@scripts/setup.sh test
	@. scripts/env.sh && PICTURES=1 playwright test --config end2end/playwright.config.ts pictures

fmt: ## format the code
	@cargo fmt --all
