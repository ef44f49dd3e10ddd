"""Motion capture, videos, bags and other people's recordings to a dataset."""
