"""What we measure, against whom. Results are kept beside their parameters in benchmarks/results/."""
