"""The dataset's layout on disk: clips, labels and clips of whole-body poses."""
