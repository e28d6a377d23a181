"""Fields on images: Ising and Potts denoisers, and what lowers their energies."""
