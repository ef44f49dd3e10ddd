"""Which poses are likely: VAE, GMM and joint limits; the 2-D to 3-D lifter; their training."""
