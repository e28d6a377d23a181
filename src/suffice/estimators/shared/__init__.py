"""What estimators of several kinds share: checks of rows, labels, classes, callbacks."""
