"""Emotional whole-body motion made by rule."""
