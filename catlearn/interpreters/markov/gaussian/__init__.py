"""Linear-Gaussian kernels: exact inference, inversion on the support, Kalman smoothing, mixtures."""
