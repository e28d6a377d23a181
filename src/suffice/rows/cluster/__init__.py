"""Rows on the workers of a Dask cluster: what is done where they lie, and how the client waits for it."""
