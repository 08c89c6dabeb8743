"""Diagrams as JSON text, and as files: nothing is lost, and a file that is not right says where.

A file holds three tables: objects, boxes, diagrams. A row names other rows by their numbers, so equal boxes are written
once and nothing is nested, however deep diagrams are folded. The last diagram is the one that the file is of:

    {"catlearn": "diagram", "version": 1,
     "objects":  [["X"], ["Real", 10, "n"]],
     "boxes":    [{"name": "f", "dom": [0], "cod": [1], "data": [2, {"float": "inf"}], "inside": 0}],
     "diagrams": [{"dom": [0], "steps": [[0, 0]], "outputs": [1], "name": "layer", "names": ["x"]}, {"box": 0}]}

A step is the number of a box and the wires that it reads; wires are numbered as in `catlearn.diagrams.wiring`.

>>> from catlearn import Box, Real, Ty, copy
>>> f = Box("f", Ty("X"), Real(10), data=(0.1, float("-inf"), None, Real("n")))
>>> d = copy(Ty("X")) >> (f @ f)
>>> loads(dumps(d)) == d, loads(dumps(f))
(True, Box("f", Ty("X"), Real(10), (0.1, float("-inf"), None, Real("n"))))
"""

from __future__ import annotations

import json as stdlib_json
import os
from pathlib import Path

from catlearn.diagrams.bridges._json_reader import Reader
from catlearn.diagrams.bridges._json_writer import Writer, mentioned
from catlearn.diagrams.bridges.discopy import as_diagram
from catlearn.diagrams.diagram import Diagram
from catlearn.errors import FileProblem
from catlearn.files import write_beside

__all__ = ["dumps", "load", "loads", "save"]


def dumps(d: Diagram) -> str:
    """The JSON text of a diagram. A box stays a box; any other term is written as its wiring, which is `==` to it.

    Data of boxes may be tuples, numbers, strings, booleans, None, types, objects and diagrams, one inside another.

    Raises:
        NotSupported: when a box carries data of another kind; it names the box.

    >>> from catlearn import Ty, identity
    >>> dumps(identity(Ty()))[:34]
    '{"catlearn":"diagram","version":1,'
    """
    writer = Writer()
    for each in mentioned(as_diagram(d)):
        writer.diagram(each)
    return stdlib_json.dumps(writer.document(), separators=(",", ":"), allow_nan=False)


def loads(text: str) -> Diagram:
    """The diagram of a JSON text. Raises `FileProblem`, which says what is wrong and where.

    >>> from catlearn import Box, Ty
    >>> loads(dumps(Box("f", Ty("X"), Ty())))
    Box("f", Ty("X"), Ty())
    """
    return Reader("JSON text").read(text)


def save(d: Diagram, path: str | os.PathLike[str]) -> None:
    """Write a diagram to a file; until it is written whole, what was there stays. Raises `FileProblem`.

    >>> from catlearn import Box, Ty
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(Box("f", Ty("X"), Ty("Y")), f"{folder}/f.json")
    ...     load(f"{folder}/f.json")
    Box("f", Ty("X"), Ty("Y"))
    """
    write_beside(path, dumps(d) + "\n")


def load(path: str | os.PathLike[str]) -> Diagram:
    """The diagram that `save` wrote. Raises `FileProblem`, which names the file and the place in it."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise FileProblem(f"{path}: cannot be read ({error.strerror}); check the name and who may read it") from error
    except UnicodeDecodeError as error:
        raise FileProblem(f"{path}: is not a text file ({error}); give one that catlearn.save wrote") from error
    except (ValueError, TypeError) as error:
        raise FileProblem(f"{path!r}: not the name of a file ({error}); give another") from None
    return Reader(str(path)).read(text)
