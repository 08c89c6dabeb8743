"""Hidden Markov chains: forward and backward passes that need no plan."""
