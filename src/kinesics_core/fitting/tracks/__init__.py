"""What is known of one person in a recording: keypoints over time, read from any source."""
