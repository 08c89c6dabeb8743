"""The gradient cases, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.case import Case
from benchmarks.cases.chain import chain
from benchmarks.cases.convolution import convolution
from benchmarks.cases.logistic import logistic
from benchmarks.cases.mixture import mixture
from benchmarks.cases.perceptron import many, one, step
from benchmarks.cases.recurrent import recurrent
from benchmarks.cases.scalar import scalar

__all__ = ["CASES", "MIXTURE"]

MIXTURE = "gmm_d10_K25.txt"

CASES: Mapping[str, Callable[[Path], Case]] = {
    "a": lambda folder: scalar(),
    "b": lambda folder: many(),
    "step": lambda folder: step(),
    "c": lambda folder: one(),
    "d": lambda folder: recurrent(),
    "e": lambda folder: convolution(),
    "f": lambda folder: chain(),
    "g": lambda folder: logistic(),
    "h": lambda folder: mixture(folder / MIXTURE),
}
"""Each case by its letter, made from the folder of data files. Raises `FileNotFoundError` where its file is missing."""
