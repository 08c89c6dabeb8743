"""Markov chains over innovations and parameters: samples of a posterior that messages and weights describe."""
