# Alto's commands. `make help` lists them. Nothing has to be installed first but Python 3.11 or newer and make.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

STAGE ?= dev
T ?= tests
ARGS ?=
WORKERS ?= 2

BOOT := .alto/boot
UV := $(BOOT)/bin/uv
PYTHON := .venv/bin/python
CDK := $(PYTHON) -m infra.cdk

.PHONY: help demo docs up test test-cases test-faults test-properties test-races test-upgrade fuzz fuzz-costly check format openapi api-responses snapshots lock synth preflight bootstrap deploy destroy conformance conformance-bill bench bench-citations bench-documents bench-api bench-cli bench-collections bench-content bench-embed bench-hostile bench-import bench-load bench-packages bench-quality bench-search browser pictures simulate clean distclean

help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

demo: .venv/ready node_modules/ready ## Import the AWS API documentation through S3 and search it, on this machine
	$(PYTHON) -m local demo $(ARGS)
	echo '==> The command alto, in this shell: source .venv/bin/activate'

up: .venv/ready node_modules/ready ## Run Alto on this machine until Ctrl-C
	echo '==> The command alto, in another shell: source .venv/bin/activate'
	$(PYTHON) -m local up $(ARGS)

test: .venv/ready node_modules/ready ## Run every test (one suite: make test T=tests/unit)
	$(PYTHON) -m pytest -n $(WORKERS) $(T) $(ARGS)

test-faults: .venv/ready ## Run the fault suite of imports at full size: 50,000 records, three seeds (5 minutes)
	ALTO_FAULT_RECORDS=50000 ALTO_FAULT_SEEDS=3 $(PYTHON) -m pytest tests/integration/imports/test_import_faults.py --durations=20 $(ARGS)
	ALTO_MIGRATION_OBJECTS=20000 ALTO_MIGRATION_SEEDS=3 $(PYTHON) -m pytest -s tests/integration/collections/test_migration_faults.py --durations=20 $(ARGS)

test-cases: .venv/ready node_modules/ready ## Run the table of cases through the deployed local stack (6 minutes)
	$(PYTHON) -m pytest tests/unit/cases/test_cases_table.py tests/e2e/test_cases_files.py tests/e2e/test_cases_requests.py tests/e2e/test_cases_commands.py $(ARGS)

test-properties: .venv/ready ## Run the property-based tests with 20 times the examples (30 minutes)
	ALTO_PROPERTY_EXAMPLES=$${ALTO_PROPERTY_EXAMPLES:-20} $(PYTHON) -m pytest tests/unit/cases/test_case_files_csv.py tests/unit/imports/test_import_formats.py tests/unit/imports/test_import_records.py tests/integration/objects/test_case_values.py $(ARGS)

browser: ## Install Debian's Chromium for the tests of the console (needs root; without it they skip)
	command -v chromium chromium-browser google-chrome || { apt-get update -q && apt-get install -q -y --no-install-recommends chromium; }

docs: .venv/ready ## Build the site of the documentation into build/site (ARGS="--serve 8800": and serve it)
	$(PYTHON) -m local.site $(ARGS)

pictures: .venv/ready ## Make docs/images from the console of the Alto that runs here, with the demo's collection
	$(PYTHON) -m local.pictures $(ARGS)

check: .venv/ready ## Lint, types, layers, links, the committed OpenAPI document, and every stage's template
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/mypy --config-file infra/mypy.ini app.py infra
	$(PYTHON) -m local.check_integrations
	$(PYTHON) -m lambdas.openapi --check
	$(PYTHON) -m alto.generate_sync --check
	$(PYTHON) -m local.site --check-links
	$(PYTHON) -m pytest -q -p no:cacheprovider tests/infra/test_checks.py

format: .venv/ready ## Format the code
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

openapi: .venv/ready ## Write docs/openapi.json from the routes
	$(PYTHON) -m lambdas.openapi

api-responses: .venv/ready ## Record again what the examples of the API return, for docs/openapi.json
	ALTO_RENEW_SNAPSHOTS=1 $(PYTHON) -m pytest -q tests/integration/http/test_openapi_examples.py
	$(PYTHON) -m lambdas.openapi

snapshots: .venv/ready ## Renew, on purpose, what tests/infra compares to see that an update replaces nothing
	ALTO_RENEW_SNAPSHOTS=1 $(PYTHON) -m pytest -q tests/infra/test_replacement.py

lock: .venv/ready ## Resolve the requirements again, with hashes (ARGS=--keep: only what is new)
	$(PYTHON) requirements/lock.py $(ARGS)

synth: .venv/ready node_modules/ready ## Render the CloudFormation template of STAGE (no credentials needed)
	$(CDK) synth --stage $(STAGE) $(ARGS)

preflight: .venv/ready ## Check your AWS account before STAGE is deployed (ARGS=--call-models: invoke each model once)
	$(CDK) preflight --stage $(STAGE) $(ARGS)

bootstrap: .venv/ready node_modules/ready ## Prepare your AWS account for CDK in the region of STAGE, once
	$(CDK) bootstrap --stage $(STAGE) $(ARGS)

deploy: .venv/ready node_modules/ready ## Deploy STAGE into your AWS account, after a preflight, and run the smoke test
	$(CDK) deploy --stage $(STAGE) $(ARGS)
	$(PYTHON) -m infra.smoke --stage $(STAGE)

destroy: .venv/ready node_modules/ready ## Remove STAGE from your AWS account, after a question (ARGS=--force: without)
	$(CDK) destroy --stage $(STAGE) $(ARGS)

conformance: .venv/ready node_modules/ready ## Deploy STAGE, run every scenario, write a report, tear down (STAGE=local: no AWS)
	$(PYTHON) -m conformance --stage $(STAGE) $(ARGS)

conformance-bill: .venv/ready ## Add the bill's figures to the report of an earlier day: REPORT=<file>.json
	$(PYTHON) -m conformance --bill-of $(REPORT)

fuzz: .venv/ready ## Fuzz the API with 5,000 generated requests (ARGS="--pdb"; ALTO_FUZZ_SEED=n for others)
	ALTO_FUZZ_EXAMPLES=$${ALTO_FUZZ_EXAMPLES:-150} $(PYTHON) -m pytest tests/integration/http/test_fuzz.py $(ARGS)

fuzz-costly: .venv/ready ## Send 1,500 expensive requests at 20,000 objects: no 5xx, none above 5 s of engine time
	ALTO_COSTLY_REQUESTS=$${ALTO_COSTLY_REQUESTS:-1500} ALTO_COSTLY_OBJECTS=$${ALTO_COSTLY_OBJECTS:-20000} ALTO_COSTLY_SECONDS=$${ALTO_COSTLY_SECONDS:-5} $(PYTHON) -m pytest tests/integration/http/test_fuzz_costly.py $(ARGS)

test-races: .venv/ready ## Write one object by four callers at once, a thousand times: it has the vector of its text
	ALTO_RACE_ROUNDS=$${ALTO_RACE_ROUNDS:-1000} $(PYTHON) -m pytest tests/integration/objects/test_case_values.py -k concurrent_writes $(ARGS)

test-upgrade: .venv/ready node_modules/ready ## Deploy each earlier release, fill it, and upgrade it to this code (ARGS="-k 2026-11-25")
	ALTO_UPGRADE=1 $(PYTHON) -m pytest -v tests/upgrade tests/integration/collections/test_older_releases.py --durations=10 $(ARGS)

bench: .venv/ready ## Measure, side by side with the peers
	$(PYTHON) -m benchmarks

bench-citations: .venv/ready node_modules/ready ## Ask 250 questions of the deployed stack and check each citation (10 minutes)
	$(PYTHON) -m benchmarks.citations $(ARGS)

bench-api: .venv/ready ## Measure what the handler adds to the bare OpenSearch call
	$(PYTHON) -m benchmarks.api

bench-documents: .venv/ready node_modules/ready ## Load 300 documents of five formats through S3 and ask for 200 pages (15 minutes)
	$(PYTHON) -m benchmarks.documents $(ARGS)

bench-embed: .venv/ready ## Measure embedding against langchain-aws, LlamaIndex and Haystack (15 minutes)
	$(PYTHON) -m benchmarks.embed $(ARGS)

bench-cli: .venv/ready ## Measure what `alto --help` costs
	$(PYTHON) -m benchmarks.cli $(ARGS)

bench-collections: .venv/ready ## Measure what a stage with 1,000 collections does (10 minutes)
	$(PYTHON) -m benchmarks.many_collections $(ARGS)

bench-hostile: .venv/ready ## Send 21 expensive requests to a node of 1 GiB heap while others search (5 minutes)
	$(PYTHON) -m benchmarks.hostile $(ARGS)

bench-import: .venv/ready ## Measure imports against LangChain and Haystack on one OpenSearch and one stub (10 minutes)
	$(PYTHON) -m benchmarks.imports $(ARGS)

bench-load: .venv/ready node_modules/ready ## Load the local stack with 16 clients, an import and a hostile caller (10 minutes)
	$(PYTHON) -m benchmarks.load $(ARGS)

bench-packages: .venv/ready node_modules/ready ## Load 63,000 package descriptions through S3 into the local stack
	$(PYTHON) -m benchmarks.packages $(ARGS)

bench-content: .venv/ready ## Measure what the second field of English text costs an import
	$(PYTHON) -m benchmarks.content_field

bench-quality: .venv/ready ## Measure nDCG@10 and Recall@100 of every mode on the judged collections
	$(PYTHON) -m benchmarks.quality

bench-search: .venv/ready ## Measure the latency of every mode, the recall of k-NN, and compressed vectors
	$(PYTHON) -m benchmarks.search $(ARGS)
	$(PYTHON) -m benchmarks.compression $(ARGS)

simulate: .venv/ready ## Estimate the time and cost of imports of 10^6 to 10^9 objects
	$(PYTHON) -m benchmarks.estimates.simulate $(ARGS)

clean: ## Wipe the local state (collections, buckets, jobs) and what was built
	rm -rf .alto/state build cdk.out .pytest_cache .mypy_cache .ruff_cache

distclean: clean ## Also remove the environments; the next command installs them again
	rm -rf .alto .venv node_modules clients/typescript/node_modules

$(UV): requirements/uv.txt
	@echo "==> uv, into $(BOOT)"
	python3 -m venv $(BOOT)
	$(BOOT)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
	touch $(UV)

.venv/ready: $(UV) requirements/dev.txt .python-version
	@echo "==> Python $$(cat .python-version) and its packages, into .venv"
	$(UV) venv -q --allow-existing --python "$$(cat .python-version)" .venv
	VIRTUAL_ENV=.venv $(UV) pip sync -q --require-hashes requirements/dev.txt
	# The command `alto`, and `import alto` from anywhere in this environment.
	# The package and its command from this folder, without a build: that would fetch an unlocked build tool.
	echo "$(CURDIR)" > "$$($(PYTHON) -c 'import site; print(site.getsitepackages()[0])')/alto.pth"
	printf '#!%s\nfrom alto.cli.main import main\n\nmain()\n' "$(CURDIR)/$(PYTHON)" > .venv/bin/alto
	chmod +x .venv/bin/alto
	touch $@

node_modules/ready: package-lock.json .venv/ready
	@echo "==> the CDK command line, into node_modules"
	PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/npm ci --silent --no-audit --no-fund
	touch $@
