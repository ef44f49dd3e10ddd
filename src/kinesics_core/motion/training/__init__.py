"""Training of forecasters and recognisers: samples, losses, runs, export."""
