"""Endings of the names of images and videos."""

from __future__ import annotations

IMAGE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".hdr", ".jfif", ".jpe", ".jpeg", ".jpg", ".jp2", ".pfm", ".pgm", ".png",
     ".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)
"""Images that are decoded."""

VIDEO_SUFFIXES = frozenset({
    ".3g2", ".3gp", ".avi", ".divx", ".dv", ".f4v", ".flv", ".m2t", ".m2ts", ".m2v", ".m4v",
    ".mkv", ".mov", ".mp4", ".mpe", ".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".qt", ".rm",
    ".rmvb", ".ts", ".vob", ".webm", ".wmv", ".y4m",
})
"""Endings by which videos are found in a folder; a single file may have any."""

OTHER_SUFFIXES = frozenset(
    {".arw", ".cr2", ".cr3", ".dng", ".exr", ".heic", ".heif", ".jxl", ".nef", ".orf", ".raf",
     ".rw2"}
)
"""Photographs that are not decoded in a folder."""

RAW_STREAMS = frozenset(
    {".264", ".265", ".avc", ".h264", ".h265", ".hevc", ".mjpeg", ".mjpg"})
"""Endings of coded pictures without a container, which say no times."""
