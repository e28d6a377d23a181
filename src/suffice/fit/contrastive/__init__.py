"""Contrastive learning of energy models: the loop, its epochs, steps, rows and trace."""
