"""What we measure, against whom. Results are kept next to their parameters in benchmarks/results/."""
