"""Coordinates without constraints of a model's parameters, and the slope of the log-likelihood in them."""
