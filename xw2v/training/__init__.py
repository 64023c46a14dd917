"""A training run: its loop, checkpoints, resumption, memory, signals, and the folder it writes."""
