"""The robot's body: skeleton and forward kinematics, gestures, posture and their animation."""
