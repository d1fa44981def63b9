# `make demo` runs the main job, `make test` the fast tests with lint and types, `make test-slow` the rest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: install browser demo test coverage test-slow lint docs wheel release clean

install: $(VENV)/.installed

# The package's own module states the version, which an installation remembers.
$(VENV)/.installed: pyproject.toml constraints.txt src/bareface/__init__.py
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

demo: install
	$(BIN)/bareface demo

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Tests of pages need Debian's Chromium. Without it, and without the right to install it, they are skipped.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	|| (test -w /var/lib/dpkg && apt-get -qq update && apt-get -qq install -y chromium >/dev/null) \
	|| echo "There is no Chromium, and it cannot be installed: tests of pages are skipped."

test: lint browser
	$(BIN)/python -m pytest -m "not slow" -n auto --maxprocesses 4 --dist loadfile

# The fast tests under coverage, twice as slow: fails below the floor that pyproject.toml states.
coverage: install browser
	$(BIN)/python -m pytest -m "not slow" -n auto --maxprocesses 4 --dist loadfile --cov

test-slow: coverage
	$(BIN)/python -m pytest -m "slow or hypothesis" --hypothesis-profile thorough

# The documentation site, in site/; a warning is an error. The variable silences a notice of the theme.
docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# Build the wheel, install it in a new environment without extras, and use it.
wheel: install
	$(BIN)/python -m scripts.wheel

# make release VERSION=0.2.0 DATE=2026-12-01 [TAG=--tag]; see docs/release.md. Nothing is uploaded.
release: install
	$(BIN)/python -m scripts.release $(VERSION) --date $(DATE) $(TAG)

clean:
	rm -rf $(VENV) build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis
