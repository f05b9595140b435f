"""Background work: one process that takes an agency's jobs."""
