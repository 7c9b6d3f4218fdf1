# Two commands: `make build` builds the demo and shows it, `make test` passes the tests. Both set themselves up in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# $(call install,ENVIRONMENT,REQUIREMENTS): by pip; by uv where UV names one, which takes a third of the time. The lists are
# whole, so nothing is resolved: a release of today cannot come in between.
install = $(if $(UV),$(UV) pip install --quiet --compile-bytecode --no-deps --require-hashes --python $(1)/bin/python -r $(2),$\
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(2))
export DBT_PROFILES_DIR := profiles
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: build report docs-site test quick test-python test-all test-engines test-postgres test-spark test-spark-quick test-versions test-warehouses test-emulated postgres postgres-stop spark soak bench bench-all bench-attribution docs lint lock clean help

help:  ## Say what there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /: /'

build: $(VENV)/installed  ## Install, build the marts from the demo events, publish them, show the campaigns, write the report
	@$(BIN)/python scripts/build.py build
	@$(BIN)/python scripts/publish.py $${AD_FUNNEL_DUCKDB:-ad_funnel.duckdb} ad_funnel_published.duckdb
	@$(BIN)/dbt --quiet run-operation show_campaigns
	@$(BIN)/python scripts/report.py ad_funnel_report.html > /dev/null
	@echo
	@echo 'To look at:  ad_funnel_report.html (in a browser), ad_funnel_published.duckdb (read-only, in any DuckDB client)'
	@echo 'Next step:   your own tables: README.md, "Use it on your own logs"'

report: $(VENV)/installed  ## Write the report of the latest build: ad_funnel_report.html (TO=another file)
	@$(BIN)/python scripts/report.py $${TO:-ad_funnel_report.html}

docs-site: $(VENV)/installed  ## Write dbt's documentation as one file: ad_funnel_docs.html (needs a build)
	@$(BIN)/python scripts/docs_site.py ad_funnel_docs.html

test: lint test-python  ## Check style, then build and compare everything

test-python: $(VENV)/installed-test  ## The same without style
	$(BIN)/python -m pytest

# What a change most often breaks, while one waits. SQL is only linted where `make build` built the demo.
quick: $(VENV)/installed-test  ## Within a minute: style of what changed, formulas, docs held to the code, settings (SINCE)
	@changed=$$(git diff --name-only --diff-filter=d $${SINCE:-HEAD} && git ls-files --others --exclude-standard) && \
	yaml=$$(echo "$$changed" | grep -E '\.ya?ml$$'); sql=$$(echo "$$changed" | grep -E '^(models|tests)/.*\.sql$$'); \
	{ test -z "$$yaml" || $(BIN)/yamllint --strict $$yaml; } && \
	{ test -z "$$sql" || test ! -e $${AD_FUNNEL_DUCKDB:-ad_funnel.duckdb} || $(BIN)/sqlfluff lint --disable-progress-bar $$sql; }
	$(BIN)/python -m pytest tests/python/test_settings.py tests/python/test_formulas.py \
		tests/python/test_docs.py tests/python/test_cross_db.py

test-all: export AD_FUNNEL_TEST_ALL := yes
test-all: $(VENV)/installed-test test-engines test-warehouses test-versions  ## Every test, the slow ones too: an hour or two
	$(BIN)/python -m pytest

test-engines: test-postgres test-spark  ## Compare what other engines build with what DuckDB does

test-postgres: $(VENV)/installed-test $(VENV)/installed-postgres  ## PostgreSQL alone
	@export AD_FUNNEL_POSTGRES_PORT=$${AD_FUNNEL_POSTGRES_PORT:-54321}; \
	$(BIN)/python scripts/postgres.py start && \
	{ $(BIN)/python -m pytest tests/engines -k postgres; status=$$?; $(BIN)/python scripts/postgres.py stop; exit $$status; }

test-spark: $(VENV)/installed-test $(VENV)/installed-spark  ## Apache Spark alone (needs Java 17)
	@$(BIN)/python scripts/java.py
	AD_FUNNEL_TEST_ALL=yes $(BIN)/python -m pytest tests/engines -k spark

# One process: each has a JVM of its own, which begins cold.
test-spark-quick: $(VENV)/installed-test $(VENV)/installed-spark  ## Of these tests, the demo and one set of random journeys
	@$(BIN)/python scripts/java.py
	$(BIN)/python -m pytest --numprocesses 0 tests/engines/test_same_demo.py tests/engines/test_same_attribution.py -k 'spark and not again'

test-versions: $(VENV)/installed-test  ## Build with every dbt that is supported, dbt 2 among them, and compare
	$(BIN)/python tests/versions/versions.py

# An environment of its own: these adapters want another Spark's.
test-warehouses: $(VENV)-warehouses/installed  ## Compile for warehouses that are not there, and parse what comes out
	$(VENV)-warehouses/bin/python -m pytest -o addopts=-q tests/warehouses

test-emulated: $(VENV)-emulated/installed  ## The report adapters on an emulator of Snowflake (fakesnow)
	$(VENV)-emulated/bin/python -m pytest -o addopts=-q tests/emulated

postgres: $(VENV)/installed-postgres  ## Install what PostgreSQL needs, and start a private server unless one is named
	@$(BIN)/python scripts/postgres.py start

postgres-stop: $(VENV)/installed  ## Stop that server, and remove what is in it
	@$(BIN)/python scripts/postgres.py stop

spark: $(VENV)/installed-spark  ## Install what Spark needs, and see whether there is Java; it runs inside of dbt
	@$(BIN)/python scripts/java.py
	@mkdir -p $${AD_FUNNEL_SPARK_FOLDER:-spark}
	@echo 'Build there: dbt build --target spark'

soak: $(VENV)/installed-test  ## The same for hours: random sequences of builds, kills, readers under load
	AD_FUNNEL_TEST_ALL=yes AD_FUNNEL_SOAK_EXAMPLES=$${EXAMPLES:-300} AD_FUNNEL_SOAK_KILLS=$${KILLS:-300} AD_FUNNEL_SOAK_SECONDS=$${SECONDS_OF_LOAD:-1800} \
		$(BIN)/python -m pytest -rP tests/python/test_sequences.py tests/python/test_crashes.py \
		tests/python/test_publishing.py -k 'sequence or killed_build or under_load'

bench: $(VENV)/installed  ## Race the package against hand-written SQL and the usual dbt project (IMPRESSIONS, ROUNDS)
	$(BIN)/python benchmarks/run.py --impressions $${IMPRESSIONS:-1_000_000} --rounds $${ROUNDS:-3}

bench-all: $(VENV)/installed-bench  ## The same, and against polars and PySpark (needs Java 17)
	$(BIN)/python benchmarks/run.py --impressions $${IMPRESSIONS:-1_000_000} --rounds $${ROUNDS:-3} \
		--only floor,full,package,usual,polars,spark

bench-attribution: $(VENV)/installed-bench-attribution  ## Attribution against libraries of PyPI (TOUCHES, ROUNDS; needs a C++ compiler)
	$(BIN)/python benchmarks/attribution/run.py --touches $${TOUCHES:-1_000_000} --rounds $${ROUNDS:-3}

docs: $(VENV)/installed  ## Write what the docs repeat of the code: settings, metrics, adapters
	@$(BIN)/python scripts/docs.py

lint: $(VENV)/installed-test  ## Check the style of YAML, and of SQL that changed (ALL=--all: of all)
	$(BIN)/yamllint --strict .
	$(BIN)/python tests/lint.py $(ALL)

lock: $(VENV)/installed-test  ## Pin the newest versions that pyproject.toml allows, with their hashes
	$(BIN)/python -m pip install --quiet 'uv>=0.9,<1'
	$(BIN)/uv pip compile --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --no-strip-extras --quiet pyproject.toml --output-file requirements.txt
	$(BIN)/uv pip compile --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --no-strip-extras --quiet --group test pyproject.toml --output-file requirements-test.txt
	$(BIN)/uv pip compile --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --no-strip-extras --quiet --group postgres pyproject.toml --constraint requirements-test.txt \
		--output-file requirements-postgres.txt
	$(BIN)/uv pip compile --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --no-strip-extras --quiet --group spark pyproject.toml --constraint requirements-test.txt \
		--output-file requirements-spark.txt
	$(BIN)/uv pip compile --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --no-strip-extras --quiet --group warehouses pyproject.toml \
		--output-file tests/warehouses/requirements.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --no-strip-extras --quiet --group pyproject.toml:emulated \
		--output-file tests/emulated/requirements.txt
	$(BIN)/uv pip compile --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --no-strip-extras --quiet benchmarks/attribution/requirements.in --constraint requirements-test.txt \
		--constraint benchmarks/requirements.txt --output-file benchmarks/attribution/requirements.txt
	$(BIN)/uv pip compile --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --no-strip-extras --quiet --resolution lowest-direct pyproject.toml \
		--output-file tests/versions/lowest.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --no-strip-extras --quiet --only-binary :all: --group pyproject.toml:newest \
		--output-file tests/versions/newest.txt
	$(BIN)/uv pip compile --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --no-strip-extras --quiet --only-binary :all: --group pyproject.toml:dbt2 \
		--output-file tests/versions/dbt2.txt

clean:  ## Remove everything that these commands made
	rm -rf $(VENV) $(VENV)-* target logs dbt_packages dbt_internal_packages spark *.duckdb *.duckdb.* ad_funnel_report.html ad_funnel_docs.html

$(VENV)/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "ad_funnel needs Python 3.10 or newer, this is " + sys.version.split()[0] + ": set PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'Installing (the first time takes about a minute) ...'
	@$(call install,$(VENV),requirements.txt)
	@touch $@

$(VENV)/installed-test: requirements-test.txt $(VENV)/installed
	@$(call install,$(VENV),requirements-test.txt)
	@touch $@

$(VENV)/installed-postgres: requirements-postgres.txt $(VENV)/installed
	@$(call install,$(VENV),requirements-postgres.txt)
	@touch $@

$(VENV)/installed-spark: requirements-spark.txt $(VENV)/installed
	@$(call install,$(VENV),requirements-spark.txt)
	@touch $@

$(VENV)-warehouses/installed: tests/warehouses/requirements.txt
	@test -x $(VENV)-warehouses/bin/python || $(PYTHON) -m venv $(VENV)-warehouses
	@$(call install,$(VENV)-warehouses,$<)
	@touch $@

$(VENV)-emulated/installed: tests/emulated/requirements.txt
	@test -x $(VENV)-emulated/bin/python || $(PYTHON) -m venv $(VENV)-emulated
	@$(call install,$(VENV)-emulated,$<)
	@touch $@

$(VENV)/installed-bench: benchmarks/requirements.txt $(VENV)/installed
	@$(call install,$(VENV),benchmarks/requirements.txt)
	@touch $@

$(VENV)/installed-bench-attribution: benchmarks/attribution/requirements.txt $(VENV)/installed
	@$(call install,$(VENV),benchmarks/attribution/requirements.txt)
	@touch $@
