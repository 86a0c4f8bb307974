"""Measurements of Alto and of its peers. Results are kept next to their parameters in benchmarks/results/."""
