"""Reader of the pickles that SMPL body models come as, which does not trust them.

A pickle is a program: whatever it names is imported and called. Here nothing is: the few classes
a body model is made of (numpy arrays, scipy's sparse matrices, chumpy's arrays, which the authors
of SMPL kept their models in) become plain records that hold what the file says of them, and are
turned into arrays afterwards. Anything else a file names is refused before it is looked up.
"""

from __future__ import annotations

import pickle
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from kinesics_core.errors import ModelError


def load(file: Path) -> dict[str, Any]:
    """Read the dictionary pickled in a file.

    Its arrays (dense, sparse or chumpy) become dense numpy arrays; strings of Python 2 are read as
    latin1.

    Raises:
        ModelError: It is no such pickle.
    """
    with file.open("rb") as stream:
        try:
            content = read(stream)
        except ModelError as error:
            raise ModelError(
                f"{file} was not read: {error} Wanted a body model, an .npz or a .pkl file. If it"
                " was cut off, fetch it again."
            ) from error
    if isinstance(content, dict):
        return content
    raise ModelError(
        f"{file} holds a pickled {type(content).__name__}; wanted the dictionary of a body model."
    )


def read(stream: BinaryIO) -> Any:
    """Read one pickled value of plain Python and arrays, which are made dense numpy arrays.

    Args:
        stream: Stands where the pickle begins.

    Raises:
        ModelError: It is cut off, damaged, or names a class that such a value has not.
    """
    try:
        return _plain(_Unpickler(stream, encoding="latin1").load())
    except (
        pickle.UnpicklingError, struct.error, EOFError, ArithmeticError, AttributeError,
        LookupError, MemoryError, RecursionError, TypeError, ValueError,
    ) as error:
        raise ModelError(
            f"it is no readable pickle ({type(error).__name__}: {error}).") from error


class _Array:
    """A numpy array, from the state it pickles: (version, shape, dtype, Fortran order, bytes)."""

    state: tuple = ()

    def __setstate__(self, state: tuple) -> None:
        self.state = state

    def array(self) -> np.ndarray:
        *_, shape, dtype, fortran, content = self.state
        if isinstance(content, list):  # of Python objects
            array = np.empty(len(content), object)
            array[:] = [_plain(item) for item in content]
        else:
            # Python 2 had no bytes; its strings arrive as text.
            raw = content.encode("latin1") if isinstance(content, str) else content
            array = np.frombuffer(raw, dtype.dtype())
        return array.reshape(shape, order="F" if fortran else "C")


class _Dtype:
    """numpy.dtype(code, align, copy), with the byte order in its state."""

    order = "="

    def __init__(self, code: str, *_: object) -> None:
        self.code = code

    def __setstate__(self, state: tuple) -> None:
        self.order = state[1]

    def dtype(self) -> np.dtype:
        if not re.fullmatch(r"[fiubSU]\d+", self.code):
            raise ModelError(f"it has an array of {self.code!r}; wanted numbers.")
        dtype = np.dtype(self.code)
        return dtype.newbyteorder(">") if self.order == ">" else dtype


_MOST_ELEMENTS = 1e8  # a joint regressor of 55 joints and 10,475 vertices has 6e5


class _Record:
    """An object of a class that is not looked up: its attributes only."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


class _Sparse(_Record):
    """A matrix of scipy.sparse, compressed by columns or by rows."""

    by_columns = False

    def array(self) -> np.ndarray:
        state = self.__dict__
        shape = state["_shape"] if "_shape" in state else state["shape"]
        data, indices, starts = (_plain(state[name]) for name in ("data", "indices", "indptr"))
        if np.prod(shape, dtype=float) > _MOST_ELEMENTS:
            raise ModelError(f"it has a sparse matrix of {shape}, far larger than a body's.")
        if not (len(data) == len(indices) == starts[-1] and np.all(np.diff(starts) >= 0)):
            raise ModelError("it has a sparse matrix whose parts do not fit each other.")
        lines = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        dense = np.zeros(shape, data.dtype)
        np.add.at(dense, (indices, lines) if self.by_columns else (lines, indices), data)
        return dense


class _SparseColumns(_Sparse):
    by_columns = True


class _Chumpy(_Record):
    """chumpy.Ch, which is an array ``x``, and chumpy's Select, elements ``idxs`` of another."""

    def array(self) -> np.ndarray:
        state = self.__dict__
        if "idxs" not in state:
            return np.asarray(_plain(state["x"]))
        chosen = np.asarray(_plain(state["a"])).ravel()[_plain(state["idxs"])]
        return chosen.reshape(state.get("preferred_shape", chosen.shape))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    return value.array() if isinstance(value, (_Array, _Sparse, _Chumpy)) else value


def _reconstruct(*_: object) -> _Array:
    """Return an array that is still empty; its state follows."""
    return _Array()


def _scalar(dtype: _Dtype, content: str | bytes) -> Any:
    raw = content.encode("latin1") if isinstance(content, str) else content
    return np.frombuffer(raw, dtype.dtype())[0]


def _frombuffer(content: bytes, dtype: _Dtype, shape: tuple, order: str) -> _Array:
    array = _Array()
    array.state = (1, shape, dtype, order == "F", bytes(content))
    return array


def _encode(text: str, _: object = None) -> bytes:
    """Undo what Python 3 does to write bytes for Python 2 to read."""
    return text.encode("latin1")


def _instance(kind: Callable[[], object], *_: object) -> object:
    """copy_reg's way to make an object, before pickles could say it themselves."""
    return kind() if kind in (_Chumpy, _Sparse, _SparseColumns) else _Record()


def _known() -> dict[tuple[str, str], Callable]:
    known: dict[tuple[str, str], Callable] = {
        ("numpy", "dtype"): _Dtype, ("numpy", "ndarray"): _Array, ("_codecs", "encode"): _encode,
    }
    for core in ("numpy.core", "numpy._core"):
        known |= {
            (f"{core}.multiarray", "_reconstruct"): _reconstruct,
            (f"{core}.multiarray", "scalar"): _scalar,
            (f"{core}.numeric", "_frombuffer"): _frombuffer,
        }
    for order, kind in (("csc", _SparseColumns), ("csr", _Sparse)):
        for module in (order, f"_{order}"):
            for form in ("matrix", "array"):
                known[f"scipy.sparse.{module}", f"{order}_{form}"] = kind
    for module in ("chumpy.ch", "chumpy"):
        known[module, "Ch"] = _Chumpy
    known["chumpy.reordering", "Select"] = _Chumpy
    for builtins in ("__builtin__", "builtins"):
        known |= {(builtins, "set"): set, (builtins, "object"): object}
    for copying in ("copy_reg", "copyreg"):
        known[copying, "_reconstructor"] = _instance
    return known


_KNOWN = _known()


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise ModelError(
                f"this pickle asks for {module}.{name}, which no body model needs and which could "
                "run any program. Use the file its authors published, or an .npz."
            ) from None
