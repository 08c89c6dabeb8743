"""Bridges from and to what others use: JSON, DisCoPy, networkx. One small file each."""
