"""`python -m sandbox` is the demo; `--reset` starts it afresh."""

from __future__ import annotations

import argparse

from sandbox import demo

parser = argparse.ArgumentParser(prog="python -m sandbox", description="Runs the whole product on this machine.")
parser.add_argument("--reset", action="store_true", help="forget everything an earlier demo left")
raise SystemExit(demo.main(reset=parser.parse_args().reset))
