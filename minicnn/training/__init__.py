"""Training: what a compiled model strives for, one step, and the loops over batches."""
