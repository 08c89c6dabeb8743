"""Networks of finite variables to and from pgmpy.

`to_pgmpy(d)` gives a `DiscreteBayesianNetwork` with a `TabularCPD` for each variable; `from_pgmpy` brings it back.
pgmpy is no part of catlearn and is only looked for when a function here is called: `pip install pgmpy`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from catlearn.diagrams.bridges._finite_network import Variable, assemble, single_variables
from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.wiring import Graph
from catlearn.errors import MissingExtra, TypeMismatch, short

__all__ = ["from_pgmpy", "to_pgmpy"]


def to_pgmpy(d: Diagram) -> Any:
    """The diagram as a `pgmpy.models.DiscreteBayesianNetwork`; its nodes are called like the variables.

    Variables that leave the diagram come first. Which ones leave it is not kept: in pgmpy, all do.

    Raises:
        MissingExtra: when pgmpy is not installed.
        NotSupported: when a box is no table with one output, reads a wire twice or has fractions; it names the box.
    """
    network, table = _pgmpy("models", "DiscreteBayesianNetwork"), _pgmpy("factors.discrete", "TabularCPD")
    found = single_variables(d, "a network of pgmpy")
    outcomes = {variable.name: list(variable.outcomes) for variable in found}
    made = network()
    made.name = getattr(d, "name", "") or None
    made.add_nodes_from(outcomes)
    made.add_edges_from((parent, variable.name) for variable in found for parent in variable.parents)
    made.add_cpds(*(_cpd(table, variable, outcomes) for variable in found))
    return made


def _cpd(table: Any, variable: Variable, outcomes: dict[str, list[str]]) -> Any:
    # pgmpy has a column for each combination of the parents' outcomes, of which the last parent's change fastest.
    columns = variable.values.reshape(-1, len(variable.outcomes)).T
    names = {name: outcomes[name] for name in (variable.name, *variable.parents)}
    sizes = [len(outcomes[parent]) for parent in variable.parents]
    return table(variable.name, len(variable.outcomes), columns, list(variable.parents), sizes, names)


def from_pgmpy(model: Any) -> Graph:
    """The diagram `Ty() -> all variables` of a discrete network of pgmpy; nodes and states are called by their text.

    Raises:
        MissingExtra: when pgmpy is not installed.
        TypeMismatch: when it is no such network, a node has no table, or a table does not fit the nodes around it.
        NotNormalized: when a column does not sum to one up to 1e-6.
        WireError: when nodes are parents of one another in a circle.
    """
    if not isinstance(model, _pgmpy("models", "DiscreteBayesianNetwork")):
        raise TypeMismatch(f"from_pgmpy: give a DiscreteBayesianNetwork, not {short(model)}")
    tables = {node: model.get_cpds(node) for node in model.nodes()}
    texts = {node: str(node) for node in tables}
    if len(set(texts.values())) < len(texts):
        raise TypeMismatch("from_pgmpy: two nodes have one text, such as 1 and '1'; rename one of them")
    for node, cpd in tables.items():
        if cpd is None:
            raise TypeMismatch(f"from_pgmpy: node {node!r} has no table; add a TabularCPD with add_cpds")
    states = {node: tuple(map(str, cpd.state_names[node])) for node, cpd in tables.items()}
    found = [_variable(model, node, cpd, states) for node, cpd in tables.items()]
    outcomes = {variable.name: variable.outcomes for variable in found}
    boxes = {variable.name: variable.box(outcomes) for variable in found}
    name = model.name if isinstance(model.name, str) else ""
    return assemble(boxes, {variable.name: variable.parents for variable in found}, name)


def _variable(model: Any, node: Any, cpd: Any, states: dict[Any, tuple[str, ...]]) -> Variable:
    parents = list(cpd.variables)[1:]
    if set(parents) != set(model.predecessors(node)):
        raise TypeMismatch(
            f"from_pgmpy: the table of {node!r} reads {parents}, but edges say otherwise; mend one of them"
        )
    for parent in parents:
        if tuple(map(str, cpd.state_names[parent])) != states[parent]:
            raise TypeMismatch(f"from_pgmpy: the table of {node!r} has other states for {parent!r} than its own table")
    values = np.moveaxis(np.asarray(cpd.values, np.float64), 0, -1)
    return Variable(str(node), states[node], tuple(map(str, parents)), values)


def _pgmpy(module: str, name: str) -> Any:
    try:
        return getattr(import_module(f"pgmpy.{module}"), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "pgmpy":
            raise MissingExtra(
                f"pgmpy is installed but {error.name} is not, which it needs; pip install pgmpy"
            ) from error
        raise MissingExtra("networks of pgmpy need pgmpy, which is not installed; pip install pgmpy") from error
    except (ImportError, AttributeError) as error:
        raise MissingExtra(f"this pgmpy has no {module}.{name} ({error}); pip install 'pgmpy>=1.0'") from error
