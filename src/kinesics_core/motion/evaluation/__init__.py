"""Forecasts and recognition beside their baselines: splits, metrics, studies."""
