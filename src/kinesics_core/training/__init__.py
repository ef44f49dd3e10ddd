"""Shared parts of training runs: loop, averaged weights, schedule, checkpoint, curves."""
