"""Finite kernels: a model is a product of tables, and its posteriors are the reverse derivative of log-evidence."""
