"""Backward filtering, forward guiding beside its peers: traits and letters along trees, diffusions, memory."""
