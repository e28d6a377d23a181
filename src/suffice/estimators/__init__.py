"""Estimators with scikit-learn's manners, a folder for each kind."""
