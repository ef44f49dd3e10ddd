"""The parametric body: SMPL-family models, skinning, arm poses and gestures, files of motion."""
