"""One least-squares problem over the body in all frames of a clip, solved by Gauss-Newton.

The unknowns are poses, translations, shape, expression and focal length; every term adds its
rows, with analytic derivatives, to block-banded normal equations.
"""
