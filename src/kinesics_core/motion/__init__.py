"""Forecasting of body motion: windows, networks, training, evaluation, ONNX export, runtime."""
