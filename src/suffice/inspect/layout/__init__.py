"""Layered layouts of directed acyclic graphs: layers, few crossings, coordinates."""
