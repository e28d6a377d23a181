"""Layers of networks and losses, each beside its backward rule."""
