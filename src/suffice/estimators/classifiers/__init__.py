"""Class-conditional classifiers with scikit-learn's manners, one a file."""
