"""Decoder of ROS 2 messages without ROS, from CDR bytes and the definition a bag carries.

CDR is OMG's Common Data Representation (DDS-XTypes 1.3, clause 7.4.1, encoding version 1) as ROS 2
middlewares write it: four bytes that name the byte order, then the fields in order, each aligned
to its size counted from there. The definition is the text that rosbag2 stores as "ros2msg": the
type's own fields, then each type it is made of behind a line of '=' and "MSG: name".
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np

from kinesics_core.errors import KinesicsError

PRIMITIVES = {
    "bool": "?", "byte": "u1", "char": "u1", "float32": "f4", "float64": "f8",
    **{f"{sign}int{bits}": f"{sign or 'i'}{bits // 8}"
       for sign in ("", "u") for bits in (8, 16, 32, 64)},
}

_FIELD = re.compile(
    r"(?P<type>[a-zA-Z]\w*(?:/\w+)*)(?:<=\d+)?"                     # string<=10 is a string
    r"(?P<array>\[(?P<bound><=)?(?P<length>\d*)\])?\s+(?P<name>[a-zA-Z]\w*)(?P<rest>.*)"
)


class Field(NamedTuple):
    """A field of a message.

    Attributes:
        name: Its name.
        type: Its primitive, "string", or a message type with its package.
        length: None for one value, -1 for a sequence, else that of a fixed array.
    """

    name: str
    type: str
    length: int | None


class Definition:
    """A message type, from its "ros2msg" text."""

    def __init__(self, name: str, text: str, known: str = "", exact: bool = False) -> None:
        """Parse the text.

        Args:
            name: The type's name.
            text: Its definition.
            known: A definition whose types stand in for those that the text does not define.
            exact: Whether a message must end where its fields do, as one must that is read by a
                definition of another origin.

        Raises:
            KinesicsError: It holds a field of no known form, or a type that it does not define or
                that contains itself.
        """
        self.name, self._exact = name, exact
        self._types = _types(name, known) | _types(name, text)
        _check_types(name, self._types)

    def decode(self, data: bytes) -> dict[str, Any]:
        """Return a message's fields by name.

        Numbers and arrays of them are numpy's, messages are dicts.

        Args:
            data: The message in CDR.

        Raises:
            KinesicsError: The bytes end early or are of another encoding.
        """
        if len(data) < 4 or data[0] != 0 or data[1] > 1:
            raise KinesicsError(
                f"A {self.name} begins with the bytes {data[:4].hex()}; wanted plain CDR, which"
                " begins with 0000 or 0001. Was it recorded by ROS 2?"
            )
        try:
            reader = _Reader(data[4:], "<" if data[1] else ">", self._types)
            message = reader.message(self.name)
            if self._exact and reader.left >= 8:  # middlewares pad the end
                raise ValueError(f"{reader.left} bytes are left over")
            return message
        except (ValueError, IndexError) as error:
            raise KinesicsError(
                f"A {self.name} of {len(data)} bytes does not fit its definition ({error})."
            ) from error


class _Reader:
    """Reader of the fields of one message, from its bytes behind the encoding's four."""

    def __init__(self, data: bytes, order: str, types: dict[str, list[Field]]) -> None:
        self._data, self._order, self._types, self._at = data, order, types, 0
        self._messages = len(data) + 100  # nested ones without a field take no byte

    @property
    def left(self) -> int:
        """Bytes behind the last field."""
        return len(self._data) - self._at

    def message(self, name: str) -> dict[str, Any]:
        self._messages -= 1
        if self._messages < 0:
            raise ValueError("it has more messages inside than bytes")
        return {field.name: self._field(field) for field in self._types[_short(name)]}

    def _field(self, field: Field) -> Any:
        if field.length is None:
            return self._one(field.type)
        length = int(self._numbers("u4", 1)[0]) if field.length < 0 else field.length
        if field.type in PRIMITIVES:
            return self._numbers(PRIMITIVES[field.type], length)
        if length > len(self._data):
            raise ValueError(f"a sequence of {length}")
        return [self._one(field.type) for _ in range(length)]

    def _one(self, kind: str) -> Any:
        if kind in PRIMITIVES:
            return self._numbers(PRIMITIVES[kind], 1)[0]
        if kind == "string":
            length = int(self._numbers("u4", 1)[0])
            text = self._numbers("u1", length).tobytes().removesuffix(b"\0")
            return text.decode("utf-8", "replace")
        return self.message(kind)

    def _numbers(self, kind: str, count: int) -> np.ndarray:
        dtype = np.dtype(self._order + kind)
        if not count:
            return np.empty(0, dtype)
        start = -(-self._at // dtype.itemsize) * dtype.itemsize
        self._at = start + count * dtype.itemsize
        return np.frombuffer(self._data, dtype, count, start)


def _types(name: str, text: str) -> dict[str, list[Field]]:
    """Return the fields of every type that a text defines, by the types' short names."""
    sections = re.split(r"^=+\s*\nMSG:\s*(\S+)\s*$", text, flags=re.MULTILINE)
    bodies = zip([name, *sections[1::2]], sections[::2], strict=True)
    return {_short(key): _fields(key, body) for key, body in bodies}


def _check_types(name: str, types: dict[str, list[Field]]) -> None:
    """Refuse types that are not defined or contain themselves.

    Raises:
        KinesicsError: There is one.
    """
    done: set[str] = set()

    def check(kind: str, within: tuple[str, ...]) -> None:
        if kind in within:
            raise KinesicsError(
                f"The definition of {name} has a type that contains itself: {kind}; wanted the"
                " text that rosbag2 stores.")
        if kind not in types:
            raise KinesicsError(
                f"The definition of {name} uses the type {kind} and does not define it; wanted the"
                " text that rosbag2 stores, with every type it is made of.")
        for field in types[kind] if kind not in done else ():
            if field.type not in PRIMITIVES and field.type != "string":
                check(_short(field.type), (*within, kind))
        done.add(kind)

    check(_short(name), ())


def _fields(name: str, body: str) -> list[Field]:
    """Return the fields of one type's own definition."""
    package = name.split("/")[0]
    fields = []
    for line in body.splitlines():
        line = line.partition("#")[0].strip()
        found = _FIELD.fullmatch(line)
        if not line or (found and found["rest"].lstrip().startswith("=")):  # a constant
            continue
        if found is None or found["type"] == "wstring":
            raise KinesicsError(f"The definition of {name} has a field that is not known: {line!r}")
        kind = found["type"]
        if kind not in PRIMITIVES and kind != "string" and "/" not in kind:
            kind = f"{package}/{kind}"
        length = None
        if found["array"]:
            length = int(found["length"]) if found["length"] and not found["bound"] else -1
        fields.append(Field(found["name"], kind, length))
    return fields


def _short(name: str) -> str:
    """Return the name without "/msg": "std_msgs/msg/Header" and "std_msgs/Header" are one."""
    return name.replace("/msg/", "/")
