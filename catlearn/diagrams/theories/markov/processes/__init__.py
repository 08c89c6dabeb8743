"""Kernels that last: how a state moves on in a time, one kind of process to a file."""
