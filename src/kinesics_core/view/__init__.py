"""Pictures of what the loop sees, predicts and answers. Imports nothing heavy by itself."""
