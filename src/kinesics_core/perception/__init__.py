"""From frames to people: sources, landmarks, tracking, smoothing."""

import os

# OpenCV and the FFmpeg inside it report broken files on stderr; our sentences replace that. They
# read this when cv2 is imported, which any module of this package may be the first to do.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
