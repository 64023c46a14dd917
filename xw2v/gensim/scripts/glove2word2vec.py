"""GloVe's text files as word2vec's."""

from __future__ import annotations

from pathlib import Path

from xw2v.gensim.keyedvectors import KeyedVectors
from xw2v.gensim.notices import old_name

__all__ = ["glove2word2vec"]


def glove2word2vec(
    glove_input_file: str | Path, word2vec_output_file: str | Path
) -> tuple[int, int]:
    """Write the vectors of a file of GloVe's, which has no header, as a word2vec text file.

    Returns:
        V and D.
    """
    old_name("glove2word2vec", "KeyedVectors.load_word2vec_format(path, no_header=True)")
    vectors = KeyedVectors.load_word2vec_format(glove_input_file, no_header=True)
    vectors.save_word2vec_format(word2vec_output_file)
    return len(vectors), vectors.vector_size
