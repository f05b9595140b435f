"""What leaves the house to be checked elsewhere."""
