"""The robot's answer to face and body: gestures, facial expressions, animators."""
