"""Many rows of finite observations on one tree, such as the sites of an alignment: Felsenstein's pruning, exactly.

It is the backward pass of BFFG where every guide is the kernel itself, run for all sites at once.
"""
