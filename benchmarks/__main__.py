"""`python -m benchmarks`: how long things take, beside whoever else can do them. One thread, all in one process."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only",
        nargs="*",
        default=[],
        help="syntax, markov, bffg, circuits, or letters of gradient cases: a b step c d e f g h",
    )
    parser.add_argument("--rounds", type=int, default=9, help="interleaved rounds (9)")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--picture", type=Path, help="draw the ratios to this SVG, PNG or PDF file")
    folder = os.environ.get("CATLEARN_DATA", ROOT.parent / "shared" / "data")
    parser.add_argument("--data", type=Path, default=Path(folder), help="where the data files are (or CATLEARN_DATA)")
    options = parser.parse_args()
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    if hasattr(os, "sched_setaffinity"):  # so peers that start a thread for each core start one
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from benchmarks.report import report  # only now, for it imports numpy, which reads these once

    report(options.data, options.only, options.rounds, options.json, options.picture)


if __name__ == "__main__":
    main()
