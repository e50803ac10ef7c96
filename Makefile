# `make` prints what there is; `make demo` is all that a first visit needs.

DEMO ?= demo

.PHONY: help setup build demo test lint doc

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing (Debian packages, libtorch); does nothing when all is there
	@scripts/setup.sh

build: setup ## Build the ferrofuse command
	cargo build --release

demo: build ## Run a whole comparison on synthetic faces, in the folder demo/
	@mkdir -p $(DEMO)
	cargo run --release --quiet -- -C $(DEMO) run demo

test: ## Run all tests; the browser that they need is installed as well
	@scripts/setup.sh opencv torch test
	cargo test --release

lint: setup ## Check format, clippy's advice and the shell scripts
	cargo fmt --check
	cargo clippy --release --all-targets -- -D warnings
	@if command -v shellcheck >/dev/null; then shellcheck scripts/*.sh .ci/run; \
	else echo "shellcheck is not installed: the shell scripts were not checked"; fi

doc: setup ## Build the API documentation, warnings being errors
	RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps
