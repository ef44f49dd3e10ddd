"""The files that a fit leaves on disk: meshes, overlays, parameters, reports."""
