"""Fits beside a known truth: recordings made from known poses, metrics, the bench."""
