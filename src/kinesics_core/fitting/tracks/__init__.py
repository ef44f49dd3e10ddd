"""Keypoints of each person in a recording over time, read from any source."""
