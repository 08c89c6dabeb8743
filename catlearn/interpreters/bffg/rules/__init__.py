"""How each kind of kernel is read in the two passes. A module here enters its rules into the table `RULES`."""

from catlearn.interpreters.bffg.rules import finite, gaussian

__all__ = ["finite", "gaussian"]
