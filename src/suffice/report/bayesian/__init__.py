"""Pages and drawings of Bayesian networks."""
