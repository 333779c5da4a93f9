# Everything one does with this repository. `make` alone lists the targets.
# Written for GNU make 3.81 (macOS) and newer.

PYTHON ?= python3
# Processes that run tests and notebooks.
JOBS ?= 2
# Seconds that one notebook cell may take.
CELL_TIMEOUT ?= 300

# BLAS splits a product over its threads, and the order of additions with it. One thread takes that
# difference away, and is faster on the small matrices here. The kind of processor still decides
# over the last bit: that no output hangs on it is what `make portable` tests.
export OPENBLAS_NUM_THREADS := 1

VENV := .venv
BIN := $(VENV)/bin
BOOK_READY := $(VENV)/.book-installed
TESTS_READY := $(VENV)/.tests-installed
JS_TOOLS := tools/javascript
JS_READY := $(JS_TOOLS)/node_modules/.installed
PARITY_VENV := .venv-parity
PARITY_READY := $(PARITY_VENV)/.installed
CLASSROOM_VENV := .venv-classroom
CLASSROOM_READY := $(CLASSROOM_VENV)/.installed

CHAPTERS := $(wildcard chapters/*.ipynb chapters/further/*.ipynb chapters/papers/*.ipynb)
NB ?= $(CHAPTERS)
NODE_TESTS := $(wildcard tests/live/node/*.test.mjs)
# What looks at the built site, and so comes after the book.
SITE_TESTS := tests/book/test_site.py tests/book/test_cut.py tests/book/test_weight.py \
  tests/book/test_search.py tests/book/test_findable.py tests/book/test_paper.py \
  tests/book/test_assignments.py tests/live/browser tests/book/test_accessible.py

# What a contributor's tests are: neither the site's nor the other environments'.
UNIT_TESTS := $(SITE_TESTS:%=--ignore %) --ignore tests/parity --ignore tests/classroom --ignore tests/exercises
CLASSROOM_TESTS := tests/exercises tests/classroom classroom

# What `make test` runs, one after the other; those with a plus between them side by side, as the
# teacher's tools are tested with much waiting and pip waits for what it downloads.
STAGES := prepare check portable site parity classroom+locks

.DEFAULT_GOAL := help
.PHONY: help prepare book weights paper handout screenshots links publication release serve notebooks \
  lint check chapters portable site parity classroom locks test coverage bench golden lock clean \
  book-after-tools types style

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

# --- Installation -----------------------------------------------------------
# A stamp is touched when its lock is installed, so that a second `make` installs nothing.
# A lock is complete and carries hashes, so nothing is resolved: a release of tomorrow changes
# nothing. `pip check` would say what a lock lacks. The package itself downloads nothing: the
# backend that builds it is in each lock.

define install_package
	$(1)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(1)/bin/python -m pip check
endef

define install
	$(1)/bin/python -m pip install --quiet --no-compile --no-deps --require-hashes --requirement $(2)
	$(call install_package,$(1))
endef

$(VENV)/bin/python $(PARITY_VENV)/bin/python $(CLASSROOM_VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "This needs Python 3.11 or newer: make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(@D)/..

$(BOOK_READY): requirements/book.txt pyproject.toml | $(BIN)/python
	$(call install,$(VENV),requirements/book.txt)
	@touch $@

$(TESTS_READY): requirements/test.txt pyproject.toml | $(BIN)/python
	$(call install,$(VENV),requirements/test.txt)
	@touch $(BOOK_READY) $@  # it holds what the book needs, too

# Formatter, linter and type checker of the live figures' modules, by the node that the lock brings.
# `npm ci` installs what package-lock.json says, whatever is newer, and checks its hashes.
$(JS_READY): $(JS_TOOLS)/package.json $(JS_TOOLS)/package-lock.json | $(TESTS_READY)
	PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --prefix $(JS_TOOLS) --ignore-scripts --no-audit --no-fund --silent
	@touch $@

# The teacher's tools need nbgrader and a Jupyter server, and run students' code: not for everybody.
$(CLASSROOM_READY): requirements/classroom.txt pyproject.toml | $(CLASSROOM_VENV)/bin/python
	$(call install,$(CLASSROOM_VENV),requirements/classroom.txt)
	@touch $@

# The frameworks are large and follow their own pace, so they live in an environment of their own.
# PyTorch for Linux wants 3 GB of NVIDIA's libraries even where there is no GPU. Where pip's
# sources hold the build without them (torch-cpu.txt), that one is taken.
CUDA := ^(cuda|nvidia|torch|triton)
$(PARITY_READY): requirements/parity.txt requirements/torch-cpu.txt pyproject.toml | $(PARITY_VENV)/bin/python
	awk '/^[^ ]/ {cuda = /$(CUDA)/} !cuda' requirements/parity.txt > $(PARITY_VENV)/without-cuda.txt
	$(PARITY_VENV)/bin/python -m pip install --quiet --no-compile --no-deps --require-hashes \
	  --requirement requirements/torch-cpu.txt --requirement $(PARITY_VENV)/without-cuda.txt \
	  2> $(PARITY_VENV)/torch-cpu.log || \
	  $(PARITY_VENV)/bin/python -m pip install --quiet --no-compile --no-deps --require-hashes --requirement requirements/parity.txt
	$(call install_package,$(PARITY_VENV))
	@touch $@

# pip and Sphinx use one processor each, so what `make test` needs is made side by side.
prepare: ## install all environments and build the site
	@$(MAKE) --no-print-directory --keep-going --jobs $(JOBS) \
	  book-after-tools $(PARITY_READY) $(CLASSROOM_READY)

# The book's environment is the tests', which only one pip at a time may change.
book-after-tools: $(TESTS_READY) $(JS_READY)
	@$(MAKE) --no-print-directory book

# --- The book ---------------------------------------------------------------
# Sphinx looks at pages alone: a style sheet or an extension that changed would not be noticed.
_build/.assets-read: $(shell find book minioptim -type f ! -name '*.pyc')
	rm -rf _build/.doctrees
	@mkdir -p _build && touch $@

# A warning fails the build. Pages that did not change are not read again, so a failed build
# must forget what it read: else the next one would pass without having seen the warning.
book: $(BOOK_READY) _build/.assets-read ## build the site into _build/html (executes nothing)
	@$(BIN)/jupyter-book build . --quiet --warningiserror --nitpick --keep-going || \
	  { rm -rf _build/.doctrees; exit 1; }
	@$(BIN)/python -m book.pages

# Times hang on the machine and on what else it does; sizes do not.
weights: book ## what the first view of each page costs a reader: bytes, times (SLOW=--slow for a cheap phone)
	$(BIN)/python -m book.weights $(SLOW)

paper: book $(TESTS_READY) ## print the whole book as one PDF, _build/paper/book.pdf
	$(BIN)/python -m book.paper

handout: book $(TESTS_READY) ## print the exercises without their solutions, _build/paper/exercises.pdf
	$(BIN)/python -m book.paper --exercises

screenshots: book $(TESTS_READY) ## pictures of every page in _build/screenshots: desktop, phone, dark, paper
	$(BIN)/python -m book.screenshots

# Needs a network: each address on another host is asked.
links: book ## ask whether what the book links to on other hosts still answers
	$(BIN)/python -m book.links

# The PDF stands in the site that is published, beside the pages.
publication: paper ## the site as it is published, with the book as PDF (BOOK_ADDRESS=where it will stand)
	cp _build/paper/book.pdf _build/html/book.pdf

release: paper handout ## what a version consists of, in _build/release: package, PDFs, site
	rm -rf _build/release && mkdir -p _build/release
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir _build/release .
	cp _build/paper/book.pdf _build/release/gradient-descent-to-adam.pdf
	cp _build/paper/exercises.pdf _build/release/exercises.pdf
	$(BIN)/python -m zipfile --create _build/release/site.zip _build/html

serve: book ## build the site and serve it on this machine alone
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

notebooks: $(TESTS_READY) ## execute the chapters anew and store their outputs (NB=path for one)
	$(BIN)/python -m book.notebooks --cell-timeout $(CELL_TIMEOUT) --jobs $(JOBS) $(NB)

# --- Checks -----------------------------------------------------------------

# mypy takes as long as all else that is checked, and one processor.
lint: $(TESTS_READY) $(JS_READY) ## style, types, and the notebooks' form
	@$(MAKE) --no-print-directory --keep-going --jobs $(JOBS) types style

types:
	$(BIN)/mypy

style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m book.notebook_lint $(CHAPTERS)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(JS_TOOLS)/node_modules/.bin/biome check --error-on-warnings
	PATH="$(CURDIR)/$(BIN):$$PATH" $(JS_TOOLS)/node_modules/.bin/tsc --project $(JS_TOOLS)

check: lint ## lint and unit tests: what to run before a commit, in two minutes
	$(BIN)/pytest --numprocesses $(JOBS) $(UNIT_TESTS)
	$(BIN)/node --test $(NODE_TESTS)

# Strict nbval: each chapter is executed again and every text output compared with the stored one.
# `loadfile` keeps a notebook's cells in one process; spread over two they would fail.
NBVAL = $(BIN)/pytest --numprocesses $(JOBS) --dist loadfile \
  --nbval --nbval-current-env --nbval-cell-timeout $(CELL_TIMEOUT)

chapters: $(TESTS_READY) ## execute the chapters and compare with their stored outputs (NB=path for one)
	$(NBVAL) $(NB)

portable: $(TESTS_READY) ## the same, as this processor and as older ones would compute (NB=path for one)
	$(BIN)/python tools/portable.py $(NBVAL) $(NB)

# `loadgroup` keeps the tests of one page, or of one assignment, in one process: see tests/conftest.py.
site: $(TESTS_READY) book ## build the site and test it in a browser
	$(BIN)/pytest --numprocesses $(JOBS) --dist loadgroup $(SITE_TESTS)

parity: $(PARITY_READY) ## hold the rules against PyTorch, Keras and Optax
	$(PARITY_VENV)/bin/python -m pytest --numprocesses $(JOBS) tests/parity

classroom: $(CLASSROOM_READY) ## test the assignments and the teacher's tools (exercises/README.md)
	$(CLASSROOM_VENV)/bin/python -m pytest --numprocesses $(JOBS) --dist loadgroup $(CLASSROOM_TESTS)

locks: ## try whether the locks install with old and new pip, though newer releases are out
	$(PYTHON) tools/check_locks.py

test: ## everything above, also after a stage that fails, and a table at the end
	@$(PYTHON) tools/stages.py $(STAGES)

# Counting lines makes the tests slower by a third, so that is not done with every run of them.
coverage: $(TESTS_READY) $(CLASSROOM_READY) ## hold the tests to how much of the code they run
	$(BIN)/pytest --numprocesses $(JOBS) $(UNIT_TESTS) --cov --cov-report term
	$(CLASSROOM_VENV)/bin/python -m pytest --numprocesses $(JOBS) --dist loadgroup $(CLASSROOM_TESTS) \
	  --cov classroom --cov-config classroom/coverage.toml --cov-report term

golden: $(PARITY_READY) ## store anew where the libraries go; `make check` compares with that
	$(PARITY_VENV)/bin/python -m tests.golden.make
	$(PARITY_VENV)/bin/python -m tests.golden.matrix

# Times hang on the machine, so this is no stage of `make test`. Run it while nothing else runs.
ROUNDS ?= 5
bench: $(TESTS_READY) $(PARITY_READY) ## measure what takes how long; the book's page shows it (five minutes)
	$(BIN)/python -m benchmarks.engines --peers $(PARITY_VENV)/bin/python --rounds $(ROUNDS)

# Half an hour on two cores, and no stage of `make test`, which computes a sample of it anew.
papers: $(TESTS_READY) ## run the papers' experiments again, or go on with them, and judge their claims
	$(BIN)/python -m experiments.papers --jobs $(JOBS)

# --- Upkeep -----------------------------------------------------------------
# One resolution for Python 3.11 to 3.13 on every system: the same versions give the same outputs.
# `make lock UPGRADE=--upgrade` takes newer versions; without it only what pyproject.toml asks changes.
LOCK := .venv-lock/bin/uv pip compile pyproject.toml --quiet $(UPGRADE) \
  --universal --python-version 3.11 --fork-strategy fewest \
  --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock"

lock: ## resolve the locks in requirements/ again
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet uv
	$(LOCK) --extra tests --output-file requirements/test.txt
	$(LOCK) --extra book --constraint requirements/test.txt --output-file requirements/book.txt
	$(LOCK) --extra cluster --constraint requirements/test.txt --output-file requirements/classroom.txt
	$(LOCK) --extra parity --constraint requirements/test.txt --output-file requirements/parity.txt

clean: ## remove the built site, caches and environments
	rm -rf _build $(JS_TOOLS)/node_modules $(VENV) $(PARITY_VENV) $(CLASSROOM_VENV) .venv-lock .coverage .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
