"""Table DDL that only moves forward (``versions/``), and the repeatable SQL of the kernel (``sql/``)."""
