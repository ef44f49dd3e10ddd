"""The commands that bring a graph of nodes up: ``up``, ``demo``, ``view``."""
