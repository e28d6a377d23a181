"""Factor models: linear Gaussian modules, their closed forms, rotations."""
