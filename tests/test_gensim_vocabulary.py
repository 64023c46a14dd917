"""gensim's behaviours of a vocabulary: counting, pruning, growing."""

from __future__ import annotations

import numpy as np
import pytest
from gensim_texts import DOCUMENTS, NEW_DOCUMENTS, small

from xw2v.errors import TrainingError
from xw2v.gensim import (
    RULE_DEFAULT,
    RULE_DISCARD,
    RULE_KEEP,
    Word2Vec,
)

pytestmark = pytest.mark.usefixtures("notices_given_anew")


def test_a_vocabulary_is_counted_and_sorted() -> None:
    model = Word2Vec(vector_size=10, min_count=1)
    model.build_vocab(DOCUMENTS, keep_raw_vocab=True)
    assert (model.corpus_count, model.corpus_total_words) == (9, 29)
    assert len(model.wv) == 12
    assert model.wv.get_vecattr("system", "count") == 4 == model.raw_vocab["system"]
    counts = [model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key]
    assert counts == sorted(counts, reverse=True)
    assert (model.wv.vectors.shape, model.syn1neg.shape) == ((12, 10), (12, 10))
    assert not model.syn1neg.any()


def test_a_vocabulary_from_frequencies() -> None:
    counts = {"minors": 2, "graph": 3, "system": 4, "trees": 3, "eps": 2}
    model = Word2Vec(vector_size=10, min_count=3)
    model.build_vocab_from_freq(counts, corpus_count=7)
    assert sorted(model.wv.index_to_key) == ["graph", "system", "trees"]
    assert model.corpus_count == 7
    model.build_vocab_from_freq({"minors": 4, "graph": 4}, update=True)
    assert model.wv.index_to_key[3:] == ["minors"]
    assert model.wv.get_vecattr("graph", "count") == 7


@pytest.mark.parametrize("last", [[], [["minors", "survey", "minors", "survey", "minors"]]])
def test_rare_words_are_dropped_while_there_are_too_many(last: list[list[str]]) -> None:
    lines = [["graph", "system"], ["graph", "system"], ["system", "eps"], ["graph", "system"]]
    model = Word2Vec(lines + last, vector_size=10, min_count=0, max_vocab_size=2)
    counts = {word: int(model.wv.get_vecattr(word, "count")) for word in model.wv.index_to_key}
    assert counts == {"graph": 3, "system": 4} | ({"minors": 3} if last else {})


@pytest.mark.parametrize(("min_count", "words", "effective"), [(4, 1, 4), (2, 4, 3)])
def test_max_final_vocab_raises_min_count(min_count: int, words: int, effective: int) -> None:
    model = Word2Vec(vector_size=10, max_final_vocab=4, min_count=min_count, sample=0)
    model.build_vocab(DOCUMENTS)
    assert (len(model.wv), model.effective_min_count) == (words, effective)


def test_trim_rules() -> None:
    def rule(word: str, count: int, min_count: int) -> int:
        return {"human": RULE_DISCARD, "eps": RULE_KEEP}.get(word, RULE_DEFAULT)

    assert "human" not in small(trim_rule=rule, min_count=2).wv
    model = Word2Vec(min_count=4)
    model.build_vocab(DOCUMENTS, trim_rule=rule)
    assert sorted(model.wv.index_to_key) == ["eps", "system"]
    model = Word2Vec(min_count=1)
    model.build_vocab(DOCUMENTS, trim_rule=lambda word, count, min_count: RULE_DISCARD)
    assert len(model.wv) == 0


def test_a_vocabulary_grows_and_keeps_its_vectors() -> None:
    model = small()
    before, words = model.wv.vectors.copy(), list(model.wv.index_to_key)
    model.build_vocab(NEW_DOCUMENTS, update=True)
    assert model.wv.index_to_key == [*words, "artificial", "intelligence"]
    np.testing.assert_array_equal(model.wv.vectors[: len(words)], before)
    assert model.wv.get_vecattr("graph", "count") == 4
    assert model.wv.get_vecattr("artificial", "count") == 2
    model.train(NEW_DOCUMENTS, total_examples=model.corpus_count, epochs=model.epochs)
    assert len(model.wv) == len(model.syn1neg) == 14
    with pytest.raises(TrainingError, match="no vocabulary"):
        Word2Vec().build_vocab(NEW_DOCUMENTS, update=True)


def test_a_model_without_words_says_so() -> None:
    with pytest.raises(RuntimeError, match="min_count"):
        Word2Vec(DOCUMENTS)
    with pytest.raises(RuntimeError, match="first build a vocabulary"):
        Word2Vec().train(DOCUMENTS, total_examples=9, epochs=1)


def test_reset_from_takes_the_words() -> None:
    model, other = Word2Vec(vector_size=10), small()
    model.reset_from(other)
    assert model.wv.key_to_index == other.wv.key_to_index
    assert model.corpus_count == 9
    assert not np.allclose(model.wv.vectors, other.wv.vectors)
