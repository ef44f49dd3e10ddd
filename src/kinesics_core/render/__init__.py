"""Meshes, figures and text to pixels, and pictures to video."""
