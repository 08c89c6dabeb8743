"""Boolean circuits beside their peers: C, compiled logic networks, forests, computer algebra, provers."""
