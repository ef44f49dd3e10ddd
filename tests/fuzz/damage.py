"""Damage to files, as disks, networks, editors and strangers do it, drawn from a seed."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import numpy as np

NUMBERS = (b"nan", b"NaN", b"inf", b"-inf", b"1e300", b"-1e300", b"1e20", b"0", b"-1", b"1,5",
           b"99999999999999999999", b"0x10", b"", b"x", b"\xff")
"""Replacements of a number in a text file."""

WORDS = (b"", b"null", b"[]", b"{}", b"\xff\xfe", b"\x00", b"[[[[[[[[", b"../../../etc/passwd",
         b"\xe3\x82\xbb\xe3\x83\xb3\xe3\x82\xbf\xe3\x83\xbc", b"9" * 400)
"""Replacements of a word in a text file."""


def truncated(content: bytes, rng: np.random.Generator) -> bytes:
    """Cut the file off anywhere: a download or a disk that ended."""
    return content[:int(rng.integers(0, len(content) + 1))]


def flipped(content: bytes, rng: np.random.Generator) -> bytes:
    """Turn over up to eight bits."""
    data = bytearray(content)
    for place in rng.integers(0, len(data), int(rng.integers(1, 9))):
        data[place] ^= 1 << int(rng.integers(8))
    return bytes(data)


def early_flipped(content: bytes, rng: np.random.Generator) -> bytes:
    """Turn over bits of the first kilobyte, where headers, sizes and types stand."""
    data = bytearray(content)
    for place in rng.integers(0, min(len(data), 1024), int(rng.integers(1, 6))):
        data[place] = int(rng.integers(256))
    return bytes(data)


def blanked(content: bytes, rng: np.random.Generator) -> bytes:
    """Fill a stretch with zeros: a sector that could not be read."""
    start, stop = np.sort(rng.integers(0, len(content) + 1, 2))
    return content[:start] + bytes(int(stop - start)) + content[stop:]


def without(content: bytes, rng: np.random.Generator) -> bytes:
    """Leave a stretch out: a block that was lost on the way."""
    start, stop = np.sort(rng.integers(0, len(content) + 1, 2))
    return content[:start] + content[stop:]


def repeated(content: bytes, rng: np.random.Generator) -> bytes:
    """Write a stretch twice."""
    start, stop = np.sort(rng.integers(0, len(content) + 1, 2))
    return content[:stop] + content[start:stop] + content[stop:]


def noise(content: bytes, rng: np.random.Generator) -> bytes:
    """Give random bytes of any length: another kind of file under this name."""
    return rng.bytes(int(rng.integers(0, 4096)))


def with_appendix(content: bytes, rng: np.random.Generator) -> bytes:
    """Add random bytes at the end."""
    return content + rng.bytes(int(rng.integers(1, 512)))


def _replaced(
    content: bytes, rng: np.random.Generator, pattern: bytes, choices: tuple[bytes, ...]
) -> bytes:
    found = list(re.finditer(pattern, content))
    if not found:
        return flipped(content, rng)
    for place in sorted(set(rng.integers(0, len(found), int(rng.integers(1, 4)))), reverse=True):
        match = found[place]
        word = choices[int(rng.integers(len(choices)))]
        content = content[:match.start()] + word + content[match.end():]
    return content


def other_numbers(content: bytes, rng: np.random.Generator) -> bytes:
    """Replace up to three numbers of a text by ones that are none, or absurd."""
    return _replaced(content, rng, rb"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", NUMBERS)


def other_words(content: bytes, rng: np.random.Generator) -> bytes:
    """Replace up to three words of a text."""
    return _replaced(content, rng, rb"[A-Za-z_]+", WORDS)


def shuffled_lines(content: bytes, rng: np.random.Generator) -> bytes:
    """Exchange two lines of a text, or drop one."""
    lines = content.split(b"\n")
    one, other = rng.integers(0, len(lines), 2)
    if rng.random() < 0.5:
        lines[one], lines[other] = lines[other], lines[one]
    else:
        del lines[one]
    return b"\n".join(lines)


def other_array(content: bytes, rng: np.random.Generator) -> bytes:
    """Write one array of an .npz in another way, as another program or version might."""
    with np.load(io.BytesIO(content)) as stored:
        arrays = dict(stored)
    name = sorted(arrays)[int(rng.integers(len(arrays)))]
    array = arrays.pop(name)
    change = int(rng.integers(12))
    if change == 0:  # it is missing
        arrays["other"] = array
    elif change == 1:
        arrays[name] = array.T
    elif change == 2:
        arrays[name] = array.ravel()
    elif change == 3:
        arrays[name] = np.atleast_1d(array)[: max(np.size(array) // 2 % 7, 1)]
    elif change == 4:
        arrays[name] = np.atleast_1d(array)[:0]
    elif change == 5:
        arrays[name] = array.astype(str)
    elif change == 6:
        arrays[name] = np.zeros(array.shape, [("x", "f4"), ("y", "i4")])
    elif change == 7:
        arrays[name] = np.float64(rng.normal())
    elif change == 8 or array.dtype.kind not in "fiu":
        arrays[name] = array[None]
    else:  # one number is absurd
        numbers = np.array(array, float)
        value = (np.nan, np.inf, -1e30, -1.0, 1e12)[int(rng.integers(5))]
        numbers.ravel()[int(rng.integers(numbers.size))] = value
        arrays[name] = numbers
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


BINARY: tuple[Callable[[bytes, np.random.Generator], bytes], ...] = (
    truncated, flipped, early_flipped, blanked, without, repeated, noise, with_appendix)
TEXT = (*BINARY, other_numbers, other_numbers, other_words, other_words, shuffled_lines)


ARRAYS = (*BINARY, *len(BINARY) * (other_array,))


def damaged(content: bytes, rng: np.random.Generator, kind: str) -> tuple[str, bytes]:
    """Return the name of the damage done and the damaged bytes.

    Args:
        content: A whole file.
        rng: Decides what is done and where.
        kind: "text" for damage to words and numbers, too; "arrays" for damage to the arrays of an
            .npz, too.
    """
    damages = {"text": TEXT, "arrays": ARRAYS}.get(kind, BINARY)
    damage = damages[int(rng.integers(len(damages)))]
    return damage.__name__, damage(content, rng) if content else b""
