"""The evidence as a smooth diagram of parameters: messages are written as a diagram, so they have a reverse.

`jobs` says which message each box makes of which others; `gaussian` (by `matrices`) and `finite` write one job as a
diagram; `tables` writes the numbers of the kernels; `groups` finds equal jobs, and `writing` places them as batches and
loops; `log_evidence` is the front door. `concrete` gives kernels at fixed parameters, `observed` reads data, and
`fisher` is for models without exact messages.
"""
