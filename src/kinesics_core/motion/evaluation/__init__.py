"""Forecasts and recognition judged: splits, baselines, metrics, and the bench."""
