"""Contrastive learning of energy models: the loop, an epoch of it, the rows, and what is read from them."""
