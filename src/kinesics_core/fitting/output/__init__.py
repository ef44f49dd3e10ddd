"""What a fit leaves on disk: meshes, overlays, parameters, reports."""
