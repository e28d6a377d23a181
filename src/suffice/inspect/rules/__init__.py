"""Backward rules as formulas that NumPy runs."""
