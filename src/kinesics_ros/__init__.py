"""Kinesics as ROS 2 nodes: parameters, topics and life cycle around ``kinesics_core``."""
