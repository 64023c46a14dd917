"""What scripts for gensim do beside training: ask for files that are not there, for versions,
attributes, results of SciPy's, and for tokens of gensim's plain rule.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import xw2v.gensim as gensim_like
from xw2v.gensim import KeyedVectors, LineSentence, PathLineSentences, Phrases, Word2Vec
from xw2v.gensim.utils import deaccent, simple_preprocess, to_unicode, tokenize

SENTENCES = [["new", "york", "is", "big"], ["so", "is", "a", "king"]] * 30


@pytest.fixture(scope="module")
def model() -> Word2Vec:
    return Word2Vec(SENTENCES, vector_size=5, min_count=1, epochs=1)


@pytest.mark.parametrize(
    "load",
    [
        Word2Vec.load,
        KeyedVectors.load,
        KeyedVectors.load_word2vec_format,
        Phrases.load,
        lambda path: list(LineSentence(path)),
        PathLineSentences,
        lambda path: Word2Vec(corpus_file=path),
    ],
)
def test_a_file_that_is_not_there_is_a_file_not_found(load: Any, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="absent: no such file or folder"):
        load(str(tmp_path / "absent"))


def test_attributes_of_arguments_without_effect_have_gensims_defaults(model: Word2Vec) -> None:
    assert model.hashfxn("word") == hash("word")
    assert (model.batch_words, model.null_word, model.sorted_vocab) == (10_000, 0, 1)
    assert model.train_count == 1
    model.train(SENTENCES, total_examples=len(SENTENCES), epochs=1)
    assert model.train_count == 2


def test_what_is_printed_is_gensims(model: Word2Vec) -> None:
    assert str(model.wv) == "KeyedVectors<vector_size=5, 7 keys>"
    assert gensim_like.__version__.startswith("4.")
    assert gensim_like.keyedvectors.Word2VecKeyedVectors is KeyedVectors


def test_other_models_are_gensims_alone() -> None:
    with pytest.raises(AttributeError, match="Doc2Vec': it is gensim's alone"):
        _ = gensim_like.models.Doc2Vec
    with pytest.raises(AttributeError, match=r"no attribute 'Word2vec'$"):
        _ = gensim_like.Word2vec


def test_correlations_have_the_names_of_scipys(model: Word2Vec, tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text("new\tyork\t5\nbig\tking\t1\nso\tis\t2\n")
    pearson, spearman, unknown = model.wv.evaluate_word_pairs(tmp_path / "pairs.tsv")
    assert unknown == 0
    for found in (pearson, spearman):
        assert (found[0], found[1]) == (found.statistic, found.pvalue)
        assert found.correlation == found.statistic


@pytest.mark.parametrize(
    "text",
    [
        "Hello, World_wide 2nd web3 _private a I'm",
        "Šéf chytré příšerně",
        "naïve café ΑΛΦΑ straße İstanbul",
        "supercalifragilisticexpialidocious word",
        b"bytes \xc3\xa9t\xc3\xa9",
        "",
        "日本語 текст हिन्दी",
    ],
)
def test_the_plain_rule_of_tokens_is_gensims(text: str | bytes) -> None:
    other = pytest.importorskip("gensim.utils")
    assert simple_preprocess(text) == other.simple_preprocess(text)
    given: dict[str, Any] = {"deacc": True, "min_len": 1, "max_len": 99}
    assert simple_preprocess(text, **given) == other.simple_preprocess(text, **given)
    assert list(tokenize(text, lower=True)) == list(other.tokenize(text, lower=True))
    assert deaccent(text) == other.deaccent(text)
    assert to_unicode(text) == other.to_unicode(text)
