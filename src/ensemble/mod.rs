//! Mean, weighted mean, geometric mean and vote over the probabilities of several models.
