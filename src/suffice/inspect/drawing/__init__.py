"""Drawings of graphs: what is shown, folded and laid out; SVG, text and pages."""
