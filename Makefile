# make demo      the whole product on this machine, with a page of phones to play with (RESET=1: from the beginning)
# make story     one order from the first hello to the last pesewa, through the real processes
# make test      everything that is checked; ARGS="tests/rules -k money" goes to pytest
# make bench     the numbers of the README
# make soak      the fault tests and the machine of money with ten times as many runs
# make clean     removes whatever these commands made

PYTHON := .venv/bin/python
READY := .venv/installed
CHROMIUM := .venv/chromium

.DEFAULT_GOAL := help
.PHONY: help demo story test bench soak mutants clean

help:
	@while read -r mark words; do case "$$mark" in "#") echo "$$words";; *) break;; esac; done < Makefile

demo: $(READY)
	@exec $(PYTHON) -m sandbox $(if $(filter-out 0 no,$(RESET)),--reset)

story: $(READY)
	@exec $(PYTHON) -m sandbox.story

test: $(READY) $(CHROMIUM)
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest -n 2 --dist loadgroup $(ARGS)

bench: $(READY)
	@exec $(PYTHON) -m benchmarks $(ARGS)

soak: $(READY)
	SOAK=10 $(PYTHON) -m pytest tests/faults $(ARGS)
	MACHINE_RUNS=20000 HANDS_ROUNDS=5000 $(PYTHON) -m pytest -n 2 tests/machine $(ARGS)

mutants: $(READY)
	@exec $(PYTHON) -m tests.mutants $(ARGS)

clean:
	rm -rf .venv .demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A browser for the tests of the desk: the machine's own, else Debian's where we may install it, else those tests say that they are skipped.
$(CHROMIUM): $(READY)
	@{ command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
	    echo "Installing Debian's chromium …" && apt-get -qq update && \
	    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium >/dev/null; } || \
	    echo "There is no Chromium here: what is tried in a browser is skipped (Debian: apt install chromium)."
	@: > $(CHROMIUM)

# Made again whenever the pins change. Only the environment's own Python is ever called, so a moved or copied checkout keeps working.
$(READY): requirements.txt
	@for python in python3.11 python3; do \
	    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "Sew4Mi needs Python 3.11 or newer; python3 here is $$(python3 --version 2>&1)." >&2; exit 1; \
	fi; \
	echo "Installing into .venv with $$($$python --version) …"; \
	$$python -m venv .venv || { echo "python3 -m venv failed: Debian and Ubuntu have it in the package python3-venv." >&2; exit 1; }
	@$(PYTHON) -m pip install --quiet --no-input --disable-pip-version-check -r requirements.txt
	@: > $(READY)
