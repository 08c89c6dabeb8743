"""Meaning: from a diagram to something that runs."""

__all__: list[str] = []
