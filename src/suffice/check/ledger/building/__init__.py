"""Constructions of the documents, each built and run, and claims that take a few lines of NumPy."""
