"""The quality of searches: measures, their uncertainty, and comparisons of settings. Pure but for `runs`."""
