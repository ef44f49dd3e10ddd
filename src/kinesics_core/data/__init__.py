"""Data in and out of the library: archives, recordings, synthetic people."""
