"""A fitted classifier in one file, and back: a safetensors file, with what is no array as JSON in its header.

Nothing in such a file is ever run; what is damaged or cut short is refused.

>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     read_saved(write_saved(Path(folder) / "a", {"x": np.arange(3)}, {"classes": ["no", "yes"]}))
({'x': array([0, 1, 2])}, {'classes': ['no', 'yes']})
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import FileProblem, NotSupported, short
from catlearn.files import as_path, write_beside
from catlearn.interpreters.circuits.classifier.comparisons import Comparisons
from catlearn.interpreters.circuits.classifier.encoders import Encoder, Thermometer, Threshold
from catlearn.interpreters.circuits.classifier.ensemble import Ensemble
from catlearn.interpreters.circuits.classifier.model import Model

__all__ = ["arrays_of", "described", "labels_from", "labels_json", "model_from", "read_saved", "revived", "write_saved"]

HEADER, FORMAT = "catlearn", "classifier 1"
T = TypeVar("T")
Arrays = Mapping[str, NDArray[Any]]


def write_saved(path: str | os.PathLike[str], arrays: Arrays, said: Mapping[str, Any]) -> Path:
    """Write arrays and what JSON can hold; an old file stays until the new one is whole. Raises `FileProblem`."""
    from safetensors.numpy import save

    header = json.dumps({"format": FORMAT, **said})
    return write_beside(path, save(dict(arrays), metadata={HEADER: header}))


def read_saved(path: str | os.PathLike[str]) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """What `write_saved` wrote. Raises `FileProblem` where the file is missing, damaged, cut short, or another."""
    from safetensors import SafetensorError, safe_open

    where = as_path(path)
    if not where.is_file():
        raise FileProblem(f"{where}: there is no such file")
    try:
        with safe_open(where, framework="numpy") as file:
            said = json.loads((file.metadata() or {}).get(HEADER, "{}"))
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise FileProblem(f"{where}: is not a whole safetensors file ({error}); load another one") from None
    if not isinstance(said, dict) or said.pop("format", None) != FORMAT:
        raise FileProblem(f"{where}: is not a saved classifier; give a file that `save` wrote")
    return arrays, said


def arrays_of(model: Model) -> dict[str, NDArray[Any]]:
    """The arrays of a model; the entries of its tables are packed, eight a byte."""
    ensemble, encoding = model.ensemble, model.encoding
    return {
        "reads": ensemble.reads.astype(np.int32),
        "entries": np.packbits(ensemble.entries.reshape(ensemble.classes, -1), axis=1, bitorder="little"),
        "columns": encoding.columns.astype(np.int64),
        "thresholds": encoding.thresholds,
    }


def model_from(arrays: Arrays, features: int, classes: int) -> Model:
    """The model with these arrays. Raises `KeyError` or `ValueError` where they do not go together."""
    reads, packed, columns, thresholds = (arrays[name] for name in ("reads", "entries", "columns", "thresholds"))
    if reads.ndim != 2 or reads.shape[1] > 16 or thresholds.shape != columns.shape or columns.ndim != 1:
        raise ValueError("its arrays do not go together")
    tables, rows = len(reads), 2 ** reads.shape[1]
    if packed.dtype != np.uint8 or packed.shape != (classes, -(-tables * rows // 8)):
        raise ValueError(f"its tables are no array of {classes} x {tables * rows} bits")
    if not (_within(reads, len(columns)) and _within(columns, features) and np.isfinite(thresholds).all()):
        raise ValueError("its tables read bits that are not there")
    entries = np.unpackbits(packed, axis=1, count=tables * rows, bitorder="little").view(np.bool_)
    encoding = Comparisons(features, columns.astype(np.intp), thresholds.astype(np.float64))
    return Model(encoding, Ensemble(len(columns), reads.astype(np.int32), entries.reshape(classes, tables, rows)))


def _within(indices: NDArray[Any], size: int) -> bool:
    return indices.dtype.kind == "i" and bool(((indices >= 0) & (indices < size)).all())


def labels_json(classes: NDArray[Any]) -> dict[str, Any]:
    """Labels as JSON holds them. Raises `NotSupported` for labels that it does not."""
    values = classes.tolist()
    if not all(isinstance(label, bool | int | float | str) for label in values):
        raise NotSupported(
            f"save: labels such as {short(values[0])} go into no file; name the classes by text or numbers"
        )
    return {"dtype": "O" if classes.dtype.kind == "O" else classes.dtype.str, "values": values}


def labels_from(said: Mapping[str, Any]) -> NDArray[Any]:
    """Labels from JSON. Raises `KeyError`, `TypeError` or `ValueError` where they are damaged."""
    kind = np.dtype(said["dtype"])
    found = np.array(said["values"], kind)
    if found.ndim != 1 or len(found) < 2 or kind.kind not in "biufUO":
        raise ValueError("its labels are damaged")
    return found


def described(classifier: Any) -> dict[str, Any]:
    """What a file says of a fitted classifier besides its arrays."""
    return {
        "labels": labels_json(classifier.classes_),
        "features": classifier.n_features_in_,
        "names": [*getattr(classifier, "feature_names_in_", ())],
        "epochs": [*classifier.n_iter_],
        "scores": [[*scores] for scores in classifier.validation_scores_],
        "settings": {name: _plain(value) for name, value in classifier.get_params(deep=False).items()},
    }


def _plain(setting: Any) -> Any:
    """A setting as JSON; an encoder as its name and settings; a generator of random numbers as null."""
    if isinstance(setting, Encoder):
        return {"encoder": type(setting).__name__, "settings": {k: _plain(v) for k, v in setting.get_params().items()}}
    if isinstance(setting, np.generic | np.ndarray):
        return setting.tolist()
    return setting if isinstance(setting, bool | int | float | str | list | tuple | None) else None


def _setting(said: Any) -> Any:
    if isinstance(said, dict):
        return {"Thermometer": Thermometer, "Threshold": Threshold}[said["encoder"]](**said["settings"])
    return tuple(said) if isinstance(said, list) else said


def revived(kind: type[T], arrays: Arrays, said: Mapping[str, Any], path: str | os.PathLike[str]) -> T:
    """The fitted classifier of which a file holds this. Raises `FileProblem` where it is damaged."""
    try:
        found: Any = kind(**{name: _setting(value) for name, value in said["settings"].items()})
        found.classes_, found.n_features_in_ = labels_from(said["labels"]), int(said["features"])
        found.model_ = model_from(arrays, found.n_features_in_, len(found.classes_))
        if names := said["names"]:
            found.feature_names_in_ = np.array(names, object)
        found.n_iter_ = tuple(map(int, said["epochs"]))
        found.validation_scores_ = tuple(tuple(map(float, scores)) for scores in said["scores"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FileProblem(f"{path}: is damaged ({error}); load an older one") from None
    revived: T = found
    return revived
