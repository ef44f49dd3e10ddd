"""Kinesics without ROS: perception, motion, affect, face and body, numpy in and numpy out."""

import os

# Read once, when cv2 is imported: an image whose header claims more pixels than any camera has is
# refused instead of filling the memory.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(1 << 27))

# Read once, when onnxruntime is imported: from 1.29 on it keeps an id of the machine in the user's
# cache and sends Microsoft which models run how, unless it is told not to.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"
