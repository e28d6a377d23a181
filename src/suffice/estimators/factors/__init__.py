"""Factor models with scikit-learn's manners, one a file."""
