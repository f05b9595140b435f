"""Measured speed, always as a ratio to a yardstick of the same run: machines are shared, seconds alone say nothing."""
