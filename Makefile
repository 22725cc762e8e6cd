# Everything anybody needs to do here, one line each: `make help`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DEMO_TRAFFIC ?= 1
PYTEST_ARGUMENTS ?=
# Tests wait for programs they start more than they count; one worker more than cores keeps the cores busy.
TEST_WORKERS ?= 3
# One image for each service, with what that service needs and nothing else.
IMAGES := registry incidents points video gateway host operations

.PHONY: help run stop status model test test-fast check lint format types imports proto proto-check mechanisms fuzz bench bench-timers bench-registry bench-rules bench-spikes bench-host bench-points bench-video bench-console drill-start plugin lock platforms sbom audit wheel clean install-run install-dev system-packages

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

run: install-run ## Set up everything and run the city on this machine; DEMO_TRAFFIC=0 is quiet
	@exec $(BIN)/python -m services.machine up

stop: ## Stop what `make run` left running
	@$(BIN)/python -m services.machine stop

status: ## Health of each part
	@$(BIN)/python -m services.machine status

test: install-dev system-packages ## Set up what tests need and run them all
	@TEST_WORKERS=$(TEST_WORKERS) $(BIN)/python -m tests.everything $(PYTEST_ARGUMENTS)

test-fast: install-dev ## Only the tests that need no server
	$(BIN)/python -m pytest tests/unit tests/tidy plugins $(PYTEST_ARGUMENTS)

check: lint types imports proto-check test ## Everything a change must pass

lint: install-dev ## Format and lint, changing nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: install-dev ## Put everything into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: install-dev ## Strict types
	$(BIN)/mypy services plugins

imports: install-dev ## Who may import whom
	$(BIN)/lint-imports

proto: install-dev ## Generate the Python of the contract
	$(BIN)/python protos/generate.py && $(BIN)/python -m services.gateway.contract

proto-check: install-dev ## Lint the contract, compare it with the released one, and see that generated code is fresh
	$(BIN)/python -m pytest -q tests/contract/test_protos.py

mechanisms: install-dev ## Which of the 59 mechanisms of the field is proved by which test
	$(BIN)/python -m tests.mechanisms

fuzz: install-dev ## Ten thousand bad requests to every call and page of a city of its own, then Schemathesis; tells the seed
	$(BIN)/python -m tests.fuzz --inputs 10000 --outside-s 600

model: install-dev ## Twice a hundred thousand random steps through the whole table of a case, each judged; told by seed, and by the shortest way
	$(BIN)/python -m tests.unit.incidents.walker --steps 100000
	$(BIN)/python -m tests.unit.incidents.machine --steps 100000

bench: install-dev ## Measure speed against references in the same run
	$(BIN)/python -m tests.bench

bench-timers: install-dev ## A hundred thousand overdue cases: how fast they rise, oldest first, each once
	$(BIN)/python -m tests.bench.overdue

bench-registry: install-dev ## Measure the registry alone: points, imports, search, layers, area changes
	$(BIN)/python -m tests.bench.registry

bench-rules: install-dev ## A dry run of 100,000 cases and duplicate searches at a million, beside plain reading
	$(BIN)/python -m tests.bench.rules

bench-spikes: install-dev ## Spikes of 15, 25 and 35 lives a second at a million cases: errors, recovery
	$(BIN)/python -m tests.bench.spikes

bench-host: install-dev ## Events a second through the host against a bare nameko consumer, and the time from commit to hook
	$(BIN)/python -m tests.bench.host

bench-points: install-dev ## The points ledger against inserts of the same row, by gRPC, at a million rows, and under kill -9
	$(BIN)/python -m tests.bench.points

drill-start: install-dev ## Start each service as its image would: how long until it serves, how large it is
	$(BIN)/python -m tests.drills start

plugin: install-dev ## Make a department that works: make plugin NAME=parks DEPARTMENT=D19
	@$(BIN)/python -m plugins.sdk.scaffold $(NAME) $(if $(DEPARTMENT),--department $(DEPARTMENT))

bench-video: install-dev ## Measure what visits to cameras cost, against decoding alone and a motion loop
	$(BIN)/python -m tests.bench.video
	$(BIN)/python -m tests.bench.video_patrol

bench-console: install-dev ## Weight of pages, frames of the map, how soon others see a report, a thousand watchers, lists at a million cases
	$(BIN)/python -m tests.bench.console
	$(BIN)/python -m tests.bench.console_live

lock: install-dev ## Resolve dependencies anew
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate --all-extras pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate --all-extras --group dev pyproject.toml -c requirements.lock -o requirements-dev.lock
	for image in $(IMAGES); do uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate --extra $$image pyproject.toml -c requirements.lock -o locks/$$image.lock || exit 1; done
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate --extra video --group openvino pyproject.toml -c requirements.lock -o locks/video-openvino.lock
	echo 'hatchling>=1.27' | uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate - -o locks/build.lock

platforms: install-dev ## Whether every locked package has a wheel for each machine and Python we name; asks the registry, installs nothing
	@for machine in x86_64-manylinux_2_28 aarch64-manylinux_2_28 aarch64-apple-darwin; do for version in 3.11 3.12 3.13; do \
	MACOSX_DEPLOYMENT_TARGET=14.0 $(BIN)/uv pip install -q --dry-run --target build/nothing --python-platform $$machine --python-version $$version \
	--only-binary :all: --require-hashes -r requirements.lock && echo "$$machine, Python $$version: every wheel is there" || exit 1; done; done

sbom: install-dev ## What each image is made of, as CycloneDX, under build/sbom
	@mkdir -p build/sbom && for image in $(IMAGES); do $(BIN)/python locks/sbom.py $$image > build/sbom/$$image.json || exit 1; done && ls build/sbom

audit: install-dev ## Known weaknesses in what is locked; needs a registry that tells of them, and fails where it does not
	uvx pip-audit --strict --disable-pip --require-hashes -r requirements.lock

wheel: install-dev ## The suite as a wheel; the same source gives the same bytes, and dist/provenance.json says which source
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-1767225600} $(BIN)/python -m hatchling build -t wheel -d dist
	$(BIN)/python locks/provenance.py $${SOURCE_DATE_EPOCH:-1767225600} dist/*.whl > dist/provenance.json

clean: ## Remove the environment; the city's data in var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

install-run: $(VENV)/.run-installed
install-dev: $(VENV)/.dev-installed

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "找不到 Python 3.11 或更新版本,请先安装。 Python 3.11 or newer was not found; install it first."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更新版本;请安装后用 make PYTHON=路径 运行。 Python 3.11 or newer is needed; install it and run: make PYTHON=path run"; exit 1; }
	@echo "· 建立运行环境 creating the environment ($(VENV))"
	@$(PYTHON) -m venv $(VENV) || { echo "无法建立虚拟环境:请安装 python3-venv,并确认此文件夹可写。 Could not create the environment: install python3-venv and see that this folder is writable."; exit 1; }

$(VENV)/.run-installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "· 安装依赖(首次约一分钟) installing what is locked (about a minute the first time)"
	@bash locks/install.sh $(BIN) requirements.lock
	@touch $@

$(VENV)/.dev-installed: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "· installing what tests need"
	@bash locks/install.sh $(BIN) requirements-dev.lock
	@touch $@ $(VENV)/.run-installed

system-packages:
	@bash tests/system_packages.sh
