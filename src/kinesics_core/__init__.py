"""Kinesics without ROS: perception, motion, affect, face and body, numpy in and numpy out."""

__version__ = "0.1.0"
