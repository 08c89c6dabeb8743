"""Bayesian networks in BIF, the text format of the usual collections: read as diagrams, and written.

A file names variables and their states, and gives for each variable a table: a distribution for every combination of
its parents' states. The diagram has a box of that name for each; all variables leave it, in the order of the file.

>>> d = loads_bif('''
... network weather { }
... variable rain { type discrete [ 2 ] { no, yes }; }
... variable lawn { type discrete [ 2 ] { dry, "soaking wet" }; }
... probability ( rain ) { table 0.8, 0.2; }
... probability ( lawn | rain ) { (no) 0.9, 0.1; (yes) 0.2, 0.8; }
... ''')
>>> d.name, d.cod
('weather', Finite("no", "yes") @ Finite("dry", "soaking wet"))
>>> loads_bif(dumps_bif(d)) == d
True

Also read: comments, properties (which are dropped), names in quotes, `default` rows, and whole tables for variables with
parents, in which the variable's own state changes slowest. Rows are taken for rounded up to 1e-6, as everywhere.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from catlearn.diagrams.bridges._bif_reader import Given, Network, parse
from catlearn.diagrams.bridges._bif_tokens import Words, quoted
from catlearn.diagrams.bridges._tables import network_steps
from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.theories.markov.table import channel
from catlearn.diagrams.types import Finite, Ty
from catlearn.diagrams.wiring import Graph, graph
from catlearn.errors import FileProblem, NotNormalized
from catlearn.files import as_path, write_beside

__all__ = ["dumps_bif", "loads_bif", "read_bif", "write_bif"]
