"""Trained vectors: asking them, measuring them, and exchanging them in other formats."""
