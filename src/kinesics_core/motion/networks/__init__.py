"""The networks: the four of the paper and our own, each in one file."""
