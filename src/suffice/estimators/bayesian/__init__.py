"""Bayesian networks with scikit-learn's manners, one a file."""
