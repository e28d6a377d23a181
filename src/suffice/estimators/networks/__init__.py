"""Networks with scikit-learn's manners, one a file."""
