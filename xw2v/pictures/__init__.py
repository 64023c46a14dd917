"""What a person looks at: maps of words, the loss curve, and the report of a run."""
