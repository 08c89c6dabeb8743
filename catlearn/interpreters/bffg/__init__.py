"""Backward filtering forward guiding: observations flow back as messages, guided samples flow forward.

`messages` are the logarithms of functions of a wire's value; `rules` say how boxes of one kind pull messages back and
push samples forward, many at once; `plan` finds the boxes that can go together; `backward` and `forward` are the two
passes; `smoother` is the front door, `catlearn.bffg`.
"""
