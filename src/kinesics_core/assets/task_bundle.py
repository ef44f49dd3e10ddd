"""Pack loose TensorFlow Lite models as MediaPipe does, byte for byte reproducibly.

A ``.task`` file is a ZIP archive of stored ``.tflite`` files.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def task_bundle(members: Mapping[str, bytes]) -> bytes:
    """Return a ``.task`` archive of the named models; the same input gives the same bytes.

    Entries are stored (MediaPipe maps them without unpacking), sorted by name, dated 1980.
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as bundle:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            bundle.writestr(entry, members[name])
    return archive.getvalue()
