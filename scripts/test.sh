#!/usr/bin/env bash
# Set up what the tests need (Python 3.11; the network once, for the packages) and run them.
# Further arguments go to pytest: bash scripts/test.sh tests/test_cli.py -k dates
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3.11}
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
exec .venv/bin/python -m pytest "$@"
