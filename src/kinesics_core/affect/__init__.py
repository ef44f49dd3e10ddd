"""Affect: emotion spaces, and reading them from face and body."""
