"""Pictures as plain SVG: marks, their scales and axes, and panels on a sheet."""
