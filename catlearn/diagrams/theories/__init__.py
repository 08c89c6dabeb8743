"""Theories: what the boxes of a diagram mean for a functor to optics. One folder each."""
