"""Reverse derivative ascent: learning the parameters of a circuit bit by bit, as Wilson and Zanasi published it.

`run.py` is what to call; `steps.py` finds the samples whose step changes something; `models.py` has the two published
models and `published.py` their data. P. Wilson and F. Zanasi, "Reverse derivative ascent: a categorical approach to
learning Boolean circuits", EPTCS 333 (2021), arXiv:2101.10488.
"""
