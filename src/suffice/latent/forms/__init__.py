"""Log-densities and moments as functions of a tile of rows, where cells are missing too."""
