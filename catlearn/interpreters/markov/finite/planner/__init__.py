"""Searches for contraction plans: a first order by elimination, then exact improvement of small parts."""
