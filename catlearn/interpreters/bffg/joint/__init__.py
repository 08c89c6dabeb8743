"""Boxes with several inputs: which wires are kept together, so that messages about all of them are exact."""
