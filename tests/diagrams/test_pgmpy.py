"""Networks go to pgmpy and back; without pgmpy the error says what to install."""

from __future__ import annotations

import importlib.util
import sys
from itertools import product
from types import ModuleType

import numpy as np
import pytest

from catlearn import Finite, Ty, channel, effect, graph, state
from catlearn.diagrams.bridges.bif import read_bif
from catlearn.diagrams.bridges.pgmpy import from_pgmpy, to_pgmpy
from catlearn.errors import MissingExtra, NotNormalized, NotSupported, TypeMismatch
from tests.diagrams.test_bif import GREENHOUSE, MODEL, RAIN, X
from tests.networks import network

needs_pgmpy = pytest.mark.skipif(importlib.util.find_spec("pgmpy") is None, reason="pgmpy is not installed")


def test_without_pgmpy_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pgmpy"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pgmpy", None)
    for call in (lambda: to_pgmpy(MODEL), lambda: from_pgmpy(3)):
        with pytest.raises(MissingExtra, match="pip install pgmpy"):
            call()


def test_a_pgmpy_of_another_make_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pgmpy", ModuleType("pgmpy"))
    monkeypatch.setitem(sys.modules, "pgmpy.models", ModuleType("pgmpy.models"))
    with pytest.raises(MissingExtra, match=r"this pgmpy has no models\.DiscreteBayesianNetwork"):
        from_pgmpy(3)


@needs_pgmpy
@pytest.mark.parametrize("name", ["greenhouse", "asia", "child", "alarm", "hailfinder"])
def test_there_and_back(name: str) -> None:
    d = read_bif(GREENHOUSE if name == "greenhouse" else network(name))
    model = to_pgmpy(d)
    assert model.check_model()
    assert model.name == d.name
    assert from_pgmpy(model) == d


@needs_pgmpy
def test_their_numbers_are_ours() -> None:
    d = read_bif(GREENHOUSE)
    cpd = to_pgmpy(d).get_cpds("air temperature")
    box = next(box for box in d.wiring.boxes if box.name == "air temperature")
    night, heater, air = (ob.sizes for ob in (*box.dom.obs, *box.cod.obs))
    for (i, n), (j, h), (k, a) in product(enumerate(night), enumerate(heater), enumerate(air)):
        found = cpd.get_value(**{"night": n, "heater": h, "air temperature": a})
        assert found == box.data[0].values[i, j, k]


@needs_pgmpy
def test_their_reader_reads_what_ours_reads() -> None:
    from pgmpy.readwrite import BIFReader

    for name in ("asia", "child", "sachs"):
        import gzip

        theirs = BIFReader(string=gzip.decompress(network(name).read_bytes()).decode()).get_model()
        ours = read_bif(network(name))
        assert {box.name: box for box in from_pgmpy(theirs).wiring.boxes} == {
            box.name: box for box in ours.wiring.boxes
        }


@needs_pgmpy
def test_a_network_of_theirs_that_is_not_whole_is_refused() -> None:
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.models import DiscreteBayesianNetwork

    model = DiscreteBayesianNetwork([("a", "b")])
    model.add_cpds(TabularCPD("a", 2, [[0.5], [0.5]]))
    with pytest.raises(TypeMismatch, match="node 'b' has no table"):
        from_pgmpy(model)
    model.add_cpds(TabularCPD("b", 2, [[0.5], [0.505]]))
    with pytest.raises(TypeMismatch, match="the table of 'b' reads"):
        from_pgmpy(model)
    model.add_cpds(TabularCPD("b", 2, [[0.5, 0.5], [0.505, 0.505]], ["a"], [2], {"a": ["x", "y"], "b": ["0", "1"]}))
    with pytest.raises(TypeMismatch, match="has other states for 'a' than its own table"):
        from_pgmpy(model)
    model.add_cpds(TabularCPD("b", 2, [[0.5, 0.5], [0.505, 0.505]], ["a"], [2]))
    with pytest.raises(NotNormalized, match="b: the row of"):
        from_pgmpy(model)
    with pytest.raises(TypeMismatch, match="give a DiscreteBayesianNetwork"):
        from_pgmpy(3)


@needs_pgmpy
def test_numbers_for_nodes_and_states_are_called_by_their_text() -> None:
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.models import DiscreteBayesianNetwork

    model = DiscreteBayesianNetwork([(1, 2)])
    model.add_cpds(TabularCPD(1, 2, [[0.5], [0.5]]), TabularCPD(2, 2, [[0.1, 0.2], [0.9, 0.8]], [1], [2]))
    bit = Finite("0", "1")
    boxes = [state("1", bit, [0.5, 0.5]), channel("2", bit, bit, np.array([[0.1, 0.9], [0.2, 0.8]]))]
    assert from_pgmpy(model) == graph(Ty(), [(boxes[0], []), (boxes[1], [0])], [0, 1])


@needs_pgmpy
def test_what_pgmpy_cannot_hold_is_refused() -> None:
    with pytest.raises(NotSupported, match="a network of pgmpy holds one variable"):
        to_pgmpy(RAIN >> effect("seen", X, [0, 1]))
