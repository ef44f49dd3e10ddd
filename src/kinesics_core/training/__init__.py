"""What every training run shares: the loop, averaged weights, the schedule, curves."""
