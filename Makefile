# Commands of vllm-chat. Each installs what it lacks; nothing but Python 3.11+ and make is needed before.
PYTHON ?= python3
VENV := .venv/bin
export BUILD ?= cpu
COMPOSE := docker compose --env-file .env -f docker/compose.yml $(if $(filter gpu,$(BUILD)),-f docker/compose.gpu.yml)
.DEFAULT_GOAL := help
.PHONY: help run test check load bench soak crowd faults proof soak-faults fuzz plans up down lock demo-model demo-eval screenshots install install-test

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

install:
	@$(PYTHON) -m requirements.install

install-test:
	@$(PYTHON) -m requirements.install --with test

run: install ## serve the chat on http://127.0.0.1:8000 (PORT=9000 for another port)
	@$(if $(PORT),CHAT_PORT=$(PORT)) exec $(VENV)/python -m app serve

test: install-test ## the whole suite with its own PostgreSQL, Redis, nginx and Chromium (ARGS= for pytest, WORKERS=2)
	@$(VENV)/python -m tests.rig.packages
	@$(VENV)/python -m pytest -n $(or $(WORKERS),2) --dist loadscope $(ARGS) || { test $$? -eq 1 && \
	  echo "test: what failed beside the other worker is tried once more by itself" && \
	  $(VENV)/python -m pytest --last-failed --last-failed-no-failures none $(ARGS); }

check: install-test ## format, lint, types, import contracts, compose and workflow schemas
	@$(VENV)/ruff format --check --quiet .
	@$(VENV)/ruff check --quiet .
	@$(VENV)/mypy
	@$(VENV)/lint-imports
	@$(VENV)/check-jsonschema --builtin-schema vendor.compose-spec docker/*compose*.yml
	@$(VENV)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(VENV)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml

load: install-test ## 12 Locust users for 60 s (USERS=, DURATION=, HOST=, SCENARIOS=, SHAPE=step|spike|soak, TTFT_P95=)
	@$(VENV)/python -m loadtest.run

bench: install-test ## measure and write docs/performance.md (ROWS="fairness restart", PASSES=3)
	@$(VENV)/python -m loadtest.bench $(if $(PASSES),--passes $(PASSES)) $(ROWS)

soak: install-test ## memory over 5000 answers and 1000 pages (GENERATIONS=, PAGES=)
	@$(VENV)/python -m loadtest.soak

crowd: install-test ## strangers, open pages and too many questions (VISITS=, SOCKETS=, QUESTIONS=, USERS=, SECONDS=)
	@$(VENV)/python -m loadtest.crowd

faults: install-test ## every fault of the threat model in a running set-up under load (FAULTS="postgres_restart …", USERS=, ENGINE=)
	@$(VENV)/python -m tests.rig.packages
	@$(VENV)/python -m loadtest.faults faults

proof: install-test ## what operators do and meet, one after another under 20 users: nothing lost, 99.5 % at first try
	@$(VENV)/python -m tests.rig.packages
	@$(VENV)/python -m loadtest.faults proof

soak-faults: install-test ## a fault a minute (MINUTES=15, USERS=, ENGINE=)
	@$(VENV)/python -m tests.rig.packages
	@$(VENV)/python -m loadtest.faults soak

fuzz: install-test ## 50 000 random bad requests of a signed-in user (CALLS=, SEED=)
	@FUZZ_CALLS=$(or $(CALLS),50000) FUZZ_SEED=$(or $(SEED),7) $(VENV)/python -m pytest tests/fuzz -k "sqlite or v1" -s -q

plans: install-test ## how PostgreSQL finds rows among a million messages (MESSAGES=)
	@$(VENV)/python -m tests.rig.packages
	@PLANS_MESSAGES=$(or $(MESSAGES),1000000) $(VENV)/python -m pytest tests/app/test_query_plans.py --timeout 900 -q

up: ## docker compose: nginx, app, PostgreSQL, Redis, Prometheus, Grafana (BUILD=gpu)
	@docker/preflight .env
	@$(COMPOSE) up --build --detach --wait

down: ## stop what `make up` started; the data stays
	@$(COMPOSE) down

lock: install-test ## resolve requirements/*.in again
	@PATH="$(CURDIR)/$(VENV):$$PATH" requirements/compile.sh

demo-model: install-test ## train the bundled demo model again
	@$(VENV)/python -m engine.demo.train --out engine/demo/checkpoint --steps 4500 --minutes 300

demo-eval: install-test ## measure the bundled demo model
	@$(VENV)/python -m engine.demo.evaluate

screenshots: install-test ## take the pictures in docs/images again
	@$(VENV)/python -m tests.rig.packages
	@$(VENV)/python -m tests.e2e.screenshots
