"""Layers of networks and their losses, with backward rules written out."""
