"""Covariances of Gaussian components: what each kind of them shares, estimates and counts."""
