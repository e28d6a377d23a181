"""What runs underneath: precision, compilation, random keys, threads, progress, and names imported when first used."""
