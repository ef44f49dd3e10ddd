"""Affect: emotion spaces, reading it from face and body, personality, and what to answer."""
