"""The robot's face: emotion to 52 ARKit blendshapes, blinks, gaze, head and their animation."""
