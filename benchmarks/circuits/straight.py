"""How quick is a circuit in C? Straight-line code on words of 64 samples, compiled by gcc: one statement for each gate.

>>> from catlearn.interpreters.circuits import Gates, Port
>>> gates = Gates([Port("x", 2)])
>>> print(source(gates.finish([Port("y")], [gates.both(*gates.port(0)) ^ 1])))
#include <stdint.h>
#define AT(k) (k) * n
static void circuit(const uint64_t *restrict x, uint64_t *restrict y, long n) {
uint64_t v3 = x[AT(0)] & x[AT(1)];
y[AT(0)] = ~v3;
}
void run(const uint64_t *x, uint64_t *y, long n) {
for (long k = 0; k < n; k++) circuit(x + k, y + k, n);
}
"""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from benchmarks.markov.case import Absent
from catlearn.interpreters.circuits import Netlist

__all__ = ["compiled", "source"]

Words = NDArray[np.uint64]


def source(circuit: Netlist, turned: bool = False) -> str:
    """The C source of a circuit on arrays (bits, words), or, turned, (words, bits)."""
    word, steps = "uint64_t", (circuit.entering, circuit.leaving) if turned else (1, 1)
    x, y = (f"{name} + {step} * k" if turned else f"{name} + k" for name, step in zip("xy", steps, strict=True))
    return "\n".join(
        [
            "#include <stdint.h>",
            f"#define AT(k) {'(k)' if turned else '(k) * n'}",
            f"static void circuit(const {word} *restrict x, {word} *restrict y, long n) {{",
            *_statements(circuit),
            "}",
            f"void run(const {word} *x, {word} *y, long n) {{",
            f"for (long k = 0; k < n; k++) circuit({x}, {y}, n);",
            "}",
        ]
    )


def _statements(circuit: Netlist) -> Iterator[str]:
    def literal(k: int) -> str:
        node = k >> 1
        read = f"v{node}" if node >= circuit.first else f"x[AT({node - 1})]" if node else "(uint64_t) 0"
        return f"~{read}" if k & 1 else read

    for node, exclusive, a, b in circuit.gates():
        yield f"uint64_t v{node} = {literal(a)} {'^' if exclusive else '&'} {literal(b)};"
    for k, root in enumerate(circuit.roots.tolist()):
        yield f"y[AT({k})] = {literal(root)};"


def compiled(circuit: Netlist, words: Words, turned: bool = False) -> Callable[[], Words]:
    """A function without arguments that runs the compiled circuit on packed words, and gives its output words.

    Args:
        circuit: what is compiled.
        words: (input bits, words).
        turned: whether the words are turned beforehand, and those that leave it not turned back: the best for C.

    Raises:
        Absent: where there is no gcc.
    """
    run, n = _library(source(circuit, turned)).run, words.shape[1]
    given = np.ascontiguousarray(words.T if turned else words)
    answer = np.empty((n, circuit.leaving) if turned else (circuit.leaving, n), np.uint64)

    def call() -> Words:
        run(ctypes.c_void_p(given.ctypes.data), ctypes.c_void_p(answer.ctypes.data), ctypes.c_long(n))
        return answer.T if turned else answer

    return call


def _library(code: str) -> ctypes.CDLL:
    compiler = which("gcc")
    if compiler is None:
        raise Absent("there is no gcc")
    with TemporaryDirectory() as folder:
        file, library = Path(folder, "circuit.c"), Path(folder, "circuit.so")
        file.write_text(code)
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, file], check=True)
        return ctypes.CDLL(str(library))
