"""Ranks: the processes of one run, on one machine or many, and what passes between them."""
