"""Estimators with scikit-learn's manners: NumPy in, NumPy out."""
