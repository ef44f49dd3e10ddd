"""Bodies fitted to people in recordings: shape, pose, hands, face and camera of every frame."""
