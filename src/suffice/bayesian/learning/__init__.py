"""Learning Bayesian networks: rows of a fit, counts of families, priors, expectation-maximisation, structure."""
