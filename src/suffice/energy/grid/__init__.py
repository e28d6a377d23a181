"""Ising and Potts fields on images: energies, samplers, minimum cuts, messages, and the denoisers built on them."""
