"""gensim's path of the conversion of GloVe's files."""
