"""Files as clients send them: what they are packed in, how they are written, and their records one at a time."""
