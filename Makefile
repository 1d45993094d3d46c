# Two commands matter: `make run` and `make test`. Everything else is listed by `make help`.
.DEFAULT_GOAL := help
.PHONY: help run test units journeys checks lint messages docs bench schemathesis pictures axe lighthouse clean install install-dev chromium mail-servers

# Test processes at a time; each starts a PostgreSQL and a Redis of its own.
WORKERS ?= 3
# Where this is forbidden, the hundreds of processes that tests start would compile everything each.
test: export PYTHONDONTWRITEBYTECODE =
# Where messages for people are written.
SPOKEN = core customers channels campaigns estore support portal

# Compiled ahead: some environments forbid it at run time, and then every process would compile everything.
PACKAGES = core customers channels campaigns estore support portal workers sandbox

help: ## List the commands.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22
	@echo
	@echo "  Data folder and ports: THROUGHLINE_HOME (.throughline), THROUGHLINE_PORT (8000),"
	@echo "  THROUGHLINE_SMTP_PORT (2525), THROUGHLINE_SANDBOX_PORT (8025)."

run: install ## Install, then start everything with the demo company; Ctrl-C stops it.
	@.venv/bin/python -m compileall -q $(PACKAGES) || true
	@THROUGHLINE_STOP_WITH_PARENT=1 exec .venv/bin/throughline up

test: install-dev chromium mail-servers ## Install what tests need and run them all: lint, types, contracts, tests, browser.
	@$(MAKE) --no-print-directory -j 3 -k checks units journeys

units:
	@echo "==> tests (beside them: build/checks.log, build/journeys.log)"
	@MAKEFLAGS= .venv/bin/pytest -n $(WORKERS) --dist worksteal -m "not browser"

# A process of their own: Playwright's loop and pytest-asyncio's cannot share one.
journeys:
	@mkdir -p build
	@MAKEFLAGS= .venv/bin/pytest -m browser >build/journeys.log 2>&1; status=$$?; \
		echo "==> browser tests"; cat build/journeys.log; [ $$status -eq 0 ] || [ $$status -eq 5 ]

checks:
	@mkdir -p build
	@MAKEFLAGS= $(MAKE) --no-print-directory lint >build/checks.log 2>&1; status=$$?; cat build/checks.log; exit $$status

lint: install-dev ## Check style, types and import contracts.
	@echo "==> ruff"
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@echo "==> mypy"
	@.venv/bin/mypy
	@echo "==> import contracts"
	@.venv/bin/lint-imports --no-logo

messages: install-dev ## Collect what is said to people, for the translators: portal/locales/*/LC_MESSAGES/messages.po.
	@.venv/bin/pybabel -q extract --mapping-file=portal/locales/babel.cfg --output-file=portal/locales/messages.pot \
		--add-location=file --sort-output --no-wrap --omit-header $(SPOKEN)
	@.venv/bin/pybabel -q update --input-file=portal/locales/messages.pot --output-dir=portal/locales \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap

docs: install-dev ## Write docs/settings.md from the code.
	@.venv/bin/python docs/write_settings.py

bench: install-dev ## Measure, and print the figures. ONLY=store,mail for parts, SCALE=full for a million customers.
	@.venv/bin/python -m tests.bench

schemathesis: install-dev ## Try the API against its own description, with every check. SECONDS=1200 for longer.
	@SCHEMATHESIS_SECONDS=$(or $(SECONDS),300) .venv/bin/pytest tests/portal/api/test_fuzzing.py -q -rP

pictures: install-dev chromium ## Photograph every page and state, at three widths, light and dark: build/pictures. ONLY=desk/inbox for a part.
	@.venv/bin/python -m tests.looks.pictures $(ONLY)

axe: install-dev chromium ## Look for barriers on every page and state (WCAG 2.2 AA). ONLY=desk/inbox for a part.
	@.venv/bin/python -m tests.looks.axe $(ONLY)

lighthouse: install-dev chromium ## Measure the store as a phone sees it; needs node 18 or later, and installs Lighthouse with npm.
	@cd tests/looks && npm ci --silent --omit=optional
	@.venv/bin/python -m tests.looks.lighthouse

clean: ## Remove the demo's data and every cache (stop `make run` first).
	@if [ -x .venv/bin/python ]; then .venv/bin/python -m core.launcher.clean; fi
	@rm -rf build dist test-results tests/looks/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './.venv/*' -not -path './.uv/*' -prune -exec rm -rf {} +

install:
	@sh .ci/install.sh run

install-dev:
	@sh .ci/install.sh test

chromium:
	@sh .ci/chromium.sh

mail-servers:
	@sh .ci/mail.sh
