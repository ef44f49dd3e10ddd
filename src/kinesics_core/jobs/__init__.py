"""Independent pieces of work, resumable, on processes of this machine or on a Ray cluster."""
