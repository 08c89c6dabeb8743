"""Markov categories: boxes that say how their outputs are distributed given their inputs.

A copy is a value used twice, a discard is one that nobody looks at; copying is natural only for what is deterministic.
"""
