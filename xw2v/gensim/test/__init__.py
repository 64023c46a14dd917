"""gensim's path of the helpers that its examples use."""
