"""Formulas as strings: a small grammar that is read without running anything that it does not have."""
