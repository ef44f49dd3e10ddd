"""Reader of the checkpoints VPoser is published as, which runs nothing in them.

A checkpoint of torch is a pickle, and those of PyTorch Lightning name the classes of their
settings, which are not installed here. Tensors are rebuilt; every other class a file names is
replaced by one that keeps nothing and does nothing.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kinesics_core.errors import ModelError


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """Return the tensors of a checkpoint by name, float32.

    Args:
        path: A file of ``torch.save`` with a ``state_dict``, or which is one.

    Raises:
        ModelError: It is no checkpoint, or holds no tensors.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=False, pickle_module=_Pickle)
        state = content.get("state_dict", content)
        arrays = {str(name): value.detach().float().numpy() for name, value in state.items()
                  if isinstance(value, torch.Tensor)}
    except Exception as error:  # torch has no one error for a damaged file
        raise ModelError(
            f"{path} is no checkpoint of torch, or it is damaged"
            f" ({(str(error).splitlines() or [type(error).__name__])[0]}). Fetch it again."
        ) from error
    if not arrays:
        raise ModelError(f"{path} holds no tensors; wanted the weights of VPoser.")
    return arrays


class _Nothing:
    """A stand-in for an object of any class."""

    def __new__(cls, *_: object, **__: object) -> _Nothing:
        return super().__new__(cls)

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __call__(self, *_: object, **__: object) -> _Nothing:
        return self

    def __setstate__(self, state: object) -> None:
        pass

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def append(self, value: object) -> None:
        pass

    def extend(self, values: object) -> None:
        pass


_TENSORS = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): torch._utils._rebuild_tensor_v2,
    ("torch._utils", "_rebuild_parameter"): torch._utils._rebuild_parameter,
    ("torch", "Size"): torch.Size,
    ("torch", "device"): torch.device,
    **{("torch", name): getattr(torch, name) for name in (
        "FloatStorage", "DoubleStorage", "HalfStorage", "LongStorage", "IntStorage",
        "ShortStorage", "ByteStorage", "BoolStorage")},
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        return _TENSORS.get((module, name), _Nothing)


class _Pickle:
    """The part of the module pickle that ``torch.load`` uses."""

    Unpickler = _Unpickler
    UnpicklingError = pickle.UnpicklingError

    @staticmethod
    def load(stream: Any, **settings: Any) -> Any:
        return _Unpickler(stream, **settings).load()
