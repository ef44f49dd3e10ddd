"""The robot: a person's body as SMPL-X parameters to the joints of any URDF, within its limits."""
