"""All chains together, one round after another, by any executor: what is between two rounds can be shown and saved.

>>> list(rounds(0, 10, 4, 5)), list(rounds(5, 10, 100, 100))
([4, 5, 8, 10], [10])
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from typing import Any

from catlearn.errors import CatlearnError, NotSupported, TypeMismatch, short
from catlearn.interpreters.bffg.mcmc.chain import Record, State, advance
from catlearn.interpreters.bffg.mcmc.plan import Plan

__all__ = ["check_executor", "go_on", "rounds"]


def rounds(done: int, total: int, often: int, every: int) -> Iterator[int]:
    """The steps after which chains meet: multiples of either number, and the last."""
    while done < total:
        done = min(total, *(number * (done // number + 1) for number in (often, every)))
        yield done


def check_executor(executor: Any, plan: Plan) -> None:
    """Refuse what runs nothing, and a plan that does not go where it runs.

    Raises:
        TypeMismatch: for what is no executor.
        NotSupported: for a model that cannot be pickled, with processes.
    """
    if executor is None:
        return
    if not callable(getattr(executor, "submit", None)):
        raise TypeMismatch(f"executor: give one such as concurrent.futures.ThreadPoolExecutor(), not {short(executor)}")
    if isinstance(executor, ProcessPoolExecutor):
        try:
            pickle.dumps(plan)
        except Exception as error:  # what cannot be pickled may raise anything
            raise _stuck(error) from None


def _stuck(error: BaseException) -> NotSupported:
    # What catlearn itself cannot send does not depend on where functions are defined.
    other = "" if isinstance(error, CatlearnError) else ", or functions that have names in a module in place of lambdas"
    said = f"executor: the model cannot go to other processes ({' '.join(str(error).split())})"
    return NotSupported(f"{said}; use a ThreadPoolExecutor{other}")


def go_on(executor: Executor | None, plan: Plan, states: Sequence[State], steps: int) -> list[tuple[State, Record]]:
    """All chains after so many more steps, and what was kept of them.

    Raises:
        NotSupported: when the model does not reach the workers.
        CatlearnError: when a worker ends before its work does.
    """
    if executor is None:
        return [advance(plan, state, steps) for state in states]
    futures: list[Future[tuple[State, Record]]] = []
    try:
        # An executor may be broken by the first piece of work before it is given the last.
        futures += (executor.submit(advance, plan, state, steps) for state in states)
        return [future.result() for future in futures]
    except pickle.PicklingError as error:
        raise _stuck(error) from None
    except BrokenExecutor as error:
        raise CatlearnError(
            f"executor: a worker ended before its work did ({short(str(error))}); start again with a new executor, "
            "which goes on from the checkpoint where there is one"
        ) from None
    finally:
        for future in futures:
            future.cancel()
