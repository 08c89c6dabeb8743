"""The only form that runs: straight-line programs on arrays of known shapes, their rewrites, and the code they become.

`lower.py` makes a program of a diagram, with the constructors of `algebra.py` and `products.py`; `rewrite.py` improves
it; `emit_numpy.py` and `emit_math.py` write code; `compile.py` is what users call; `cost.py` counts before running.
"""

__all__: list[str] = []
