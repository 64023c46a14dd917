"""From text to ids: sources, tokens, the vocabulary, and the corpus in memory or in a folder."""
