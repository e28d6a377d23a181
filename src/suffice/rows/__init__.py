"""Where rows live and how they are summed: in memory, in blocks, over devices, in batches, with missing cells."""
