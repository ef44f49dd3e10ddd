"""Pose priors (VAE, Gaussian mixture, joint limits), the 2-D to 3-D lifter, and their training."""
