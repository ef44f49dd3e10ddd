"""Bags (rosbag2, MCAP): layout, writer and reader; needs no ROS."""
