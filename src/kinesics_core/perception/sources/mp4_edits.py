"""The edit list of an MP4 or QuickTime file, as far as it tells how much of the pictures is shown.

Who trims a film without coding it anew, as phones and ``ffmpeg -ss -c copy`` do, leaves pictures in
the file that no player shows. ISO/IEC 14496-12, sections 8.2 to 8.6.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

_LARGEST_MOOV = 1 << 27
"""Bytes of the box of boxes that is read: some four million pictures."""


def shown_share(file: Path) -> float:
    """Return the share of a film's pictures that its edit list shows; 1 where it tells nothing."""
    try:
        moov = _moov(file)
        movie_scale, _ = _scale_and_duration(_inside(moov, b"mvhd"))
        for kind, track in _boxes(moov):
            media = _inside(track, b"mdia") if kind == b"trak" else b""
            if _inside(media, b"hdlr")[8:12] != b"vide":
                continue
            scale, duration = _scale_and_duration(_inside(media, b"mdhd"))
            shown = sum(_segments(_inside(_inside(track, b"edts"), b"elst"))) / movie_scale
            whole = duration / scale
            return shown / whole if 0.0 < shown < whole else 1.0
    except (OSError, struct.error, ZeroDivisionError):
        pass  # damaged, or of another kind; who decodes it says so
    return 1.0


def _moov(file: Path) -> bytes:
    """Return what the file's ``moov`` box holds, b"" if it has none."""
    with file.open("rb") as stream:
        while len(head := stream.read(8)) == 8:
            size, kind = struct.unpack(">I4s", head)
            size -= 8
            if size == 1 - 8:
                size = struct.unpack(">Q", stream.read(8))[0] - 16
            if kind == b"moov" or size < 0:  # of size 0: to the end of the file
                return stream.read(min(size, _LARGEST_MOOV)) if kind == b"moov" else b""
            stream.seek(size, 1)
    return b""


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of each box of a box."""
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8:
            return
        yield kind, data[at + 8:at + size]
        at += size


def _inside(data: bytes, wanted: bytes) -> bytes:
    """Return the content of the first box of a kind, b"" if there is none."""
    return next((content for kind, content in _boxes(data) if kind == wanted), b"")


def _scale_and_duration(box: bytes) -> tuple[int, int]:
    """Return units a second, and the duration in them, of an ``mvhd`` or ``mdhd`` box."""
    if box[:1] == b"\1":
        scale, duration = struct.unpack_from(">IQ", box, 20)
    else:
        scale, duration = struct.unpack_from(">II", box, 12)
    return scale, duration


def _segments(box: bytes) -> Iterator[int]:
    """Yield the duration of each piece that is shown, in units of the movie."""
    count, = struct.unpack_from(">I", box, 4)
    form = struct.Struct(">Qqi" if box[:1] == b"\1" else ">Iii")
    for number in range(min(count, len(box) // form.size)):
        duration, begins, _ = form.unpack_from(box, 8 + number * form.size)
        if begins >= 0:  # else nothing is shown for so long
            yield duration
