"""Estimators of neural networks: classifiers and autoencoders."""
