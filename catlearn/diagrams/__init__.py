"""Syntax: what can be written and drawn. Knows nothing of arrays of data."""

__all__: list[str] = []
