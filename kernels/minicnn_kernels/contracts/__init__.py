"""What every telling checks before it computes: one place, so that all refuse alike."""
