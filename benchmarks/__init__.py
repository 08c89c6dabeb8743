"""How fast catlearn is, beside its peers: `python -m benchmarks` prints the tables."""
