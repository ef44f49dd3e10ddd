"""A camera's calibration as ROS's calibrator writes it."""

CALIBRATION = """
image_width: 128
image_height: 96
camera_matrix: {rows: 3, cols: 3, data: [100, 0, 64, 0, 110, 48, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [0.1, 0, 0, 0, 0]}
rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {rows: 3, cols: 4, data: [100, 0, 64, 0, 0, 110, 48, 0, 0, 0, 1, 0]}
"""
