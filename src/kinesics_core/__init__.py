"""Kinesics without ROS: perception, motion, affect, face and body, numpy in and numpy out."""

import os

# Read once, when cv2 is imported: an image whose header claims more pixels than any camera has is
# refused instead of filling the memory.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(1 << 27))

__version__ = "0.1.0"
