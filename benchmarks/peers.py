"""Who else can run a case: numpy by hand, and the libraries that are installed. All run on one thread of the processor.

A peer is a function of a case that gives a function without arguments, which runs value and gradient once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from benchmarks.case import Case

__all__ = ["Run", "agree", "peers", "versions"]

Run = Callable[[], Any]


def ours(case: Case) -> Run:
    """The compiled diagram."""
    return partial(case.ours(), *case.inputs())


def by_hand(case: Case) -> Run:
    """The hand-written numpy."""
    return partial(case.hand, *case.inputs())


def with_autograd(case: Case) -> Run:
    """HIPS autograd."""
    import autograd
    import autograd.numpy as np

    rest = case.arrays[case.wrt :]
    run = autograd.value_and_grad(lambda given: case.plain(np, *given, *rest))

    def call() -> Any:
        value, gradient = run(tuple(case.arrays[: case.wrt]))
        return value, *gradient

    return call


def with_jax(case: Case) -> Run:
    """JAX, compiled, in double precision."""
    import jax
    import jax.numpy as np

    jax.config.update("jax_enable_x64", True)
    run = jax.jit(jax.value_and_grad(lambda *given: case.plain(np, *given), argnums=tuple(range(case.wrt))))
    arrays = [np.asarray(a) for a in case.arrays]

    def call() -> Any:
        value, gradient = jax.block_until_ready(run(*arrays))
        return value, *gradient

    return call


def with_torch(case: Case) -> Run:
    """PyTorch, eager."""
    import torch

    torch.set_num_threads(1)
    model = case.torch or case.plain
    arrays = [torch.tensor(a, dtype=torch.float64) for a in case.arrays]

    def call() -> Any:
        given = [a.detach().requires_grad_() for a in arrays[: case.wrt]]
        value = model(torch, *given, *arrays[case.wrt :])
        return value.detach(), *torch.autograd.grad(value, given)

    return call


LIBRARIES = {"autograd": with_autograd, "jax": with_jax, "torch": with_torch}


KNOWN = [
    "numpy",
    "autograd",
    "jax",
    "torch",
    "discopy",
    "pyagrum",
    "pgmpy",
    "hmmlearn",
    "dynamax",
    "statsmodels",
    "hyperiax",
    "cogent3",
    "scikit-learn",
    "sympy",
    "difflogic",
    "green-tsetlin",
    "python-sat",
    "dd",
]


def versions() -> dict[str, str]:
    """The version of numpy and of each peer that is installed."""
    found = {}
    for name in KNOWN:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def peers(case: Case) -> Mapping[str, Callable[[Case], Run]]:
    """Those who can run a case here."""
    found = {name: make for name, make in LIBRARIES.items() if find_spec(name)} if case.plain else {}
    return {"ours": ours, "hand": by_hand, **found}


def agree(found: Any, wanted: Any, tolerance: float = 1e-10) -> bool:
    """Whether two lists of arrays are the same, up to a part of the largest element of each."""
    import numpy as np

    pairs = zip(map(np.asarray, found), map(np.asarray, wanted), strict=True)
    return all(a.shape == b.shape and np.abs(a - b).max() <= tolerance * max(1.0, np.abs(b).max()) for a, b in pairs)
