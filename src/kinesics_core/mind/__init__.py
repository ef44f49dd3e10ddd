"""The robot's mind: personality, its own state, whom it attends to, and what it answers."""
