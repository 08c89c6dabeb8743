"""How each kind of kernel is read in the two passes. A module here enters its rules into the table `RULES`."""

from catlearn.interpreters.bffg.rules import (
    finite,
    gamma_process,
    gaussian,
    interacting,
    jump_process,
    linear_sde,
    nonlinear,
    observation,
    sde,
    substitution,
)

__all__ = [
    "finite",
    "gamma_process",
    "gaussian",
    "interacting",
    "jump_process",
    "linear_sde",
    "nonlinear",
    "observation",
    "sde",
    "substitution",
]
