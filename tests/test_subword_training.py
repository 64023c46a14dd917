"""Training with n-grams: settings, results, resumption, memory, and what the folder holds."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fits import At, Fail, assert_equal, fail
from runs import SMALL_RUN, assert_same_state, stopped_after

from xw2v import KeyedVectors, Word2Vec
from xw2v.errors import FileFormatError, InputError, UnknownSettingError, UsageError
from xw2v.settings import Settings
from xw2v.sgns.backend import Backend
from xw2v.sgns.loading import load_backend
from xw2v.text.corpus import Corpus
from xw2v.text.ngrams import NgramRule, index_of
from xw2v.training import memory
from xw2v.training.checkpoint import CheckpointFolder
from xw2v.training.resume import restored
from xw2v.training.run import finish, run_training
from xw2v.training.trainer import Trainer
from xw2v.training.warm_start import WarmStart
from xw2v.vectors.subwords import SubwordTable

SUBWORD_RUN = SMALL_RUN | {"subword": "2-4", "buckets": 500}
MODELS = pytest.mark.parametrize("model", ["skipgram", "cbow"])


@pytest.fixture
def model(small_corpus: Corpus) -> Word2Vec:
    return Word2Vec(**SUBWORD_RUN).fit(small_corpus)


def test_sizes_are_given_as_text_or_as_a_pair() -> None:
    assert Settings(subword="3-6").ngram_sizes == (3, 6)
    assert Word2Vec(subword=(3, 6)).settings == Settings(subword="3-6")
    assert Settings().ngram_sizes is None


@pytest.mark.parametrize(
    "given",
    [
        {"subword": "3"},
        {"subword": "6-3"},
        {"subword": "0-3"},
        {"subword": "3-101"},
        {"subword": (3, 6, 7)},
        {"subword": 3},
        {"buckets": 1000},
        {"subword": "3-6", "buckets": 0},
        {"subword": "3-6", "tied": True},
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Settings(**given)


def test_fasttexts_names_are_pointed_to() -> None:
    with pytest.raises(UnknownSettingError, match="`buckets`"):
        Settings.from_mapping({"bucket": 1000})
    with pytest.raises(UnknownSettingError, match="`subword`"):
        Settings.from_mapping({"min_n": 3})


@MODELS
def test_any_number_of_workers_gives_the_same_bits(small_corpus: Corpus, model: str) -> None:
    runs = [
        run_training(small_corpus, Settings(**SUBWORD_RUN, model=model, workers=workers))
        for workers in (1, 2)
    ]
    for one, other in zip(runs[0].parameters, runs[1].parameters, strict=True):
        np.testing.assert_array_equal(one, other)
    assert runs[0].subwords is not None
    assert runs[1].subwords is not None
    np.testing.assert_array_equal(runs[0].subwords.rows, runs[1].subwords.rows)


@MODELS
def test_training_learns(small_corpus: Corpus, held_out: Corpus, model: str) -> None:
    run = run_training(small_corpus, Settings(**SUBWORD_RUN, model=model), held_out)
    losses = [loss for _, loss in run.loss_history]
    assert losses[-1] < losses[0]
    assert run.validation_history[-1] < run.validation_history[0]


@MODELS
def test_resumed_equals_uninterrupted(
    any_backend: Backend, small_corpus: Corpus, held_out: Corpus, tmp_path: Path, model: str
) -> None:
    settings = Settings(**SUBWORD_RUN, model=model)
    trainer = Trainer(small_corpus, settings, any_backend, held_out)
    stopped_after(trainer, tmp_path, 11)
    checkpoint = CheckpointFolder(tmp_path).latest()
    assert checkpoint is not None
    resumed = trainer.train(restored(checkpoint, trainer))
    assert_same_state(any_backend, resumed, trainer.train(trainer.start()))


def test_a_checkpoint_of_other_sizes_is_refused(small_corpus: Corpus, tmp_path: Path) -> None:
    trainer = Trainer(small_corpus, Settings(**SUBWORD_RUN), load_backend())
    stopped_after(trainer, tmp_path, 3)
    checkpoint = CheckpointFolder(tmp_path).latest()
    assert checkpoint is not None
    other = Trainer(small_corpus, Settings(**SMALL_RUN), load_backend())
    with pytest.raises(InputError, match="its tables are not"):
        restored(checkpoint, other)


def test_a_words_vector_is_the_mean_of_its_rows(small_corpus: Corpus) -> None:
    trainer = Trainer(small_corpus, Settings(**SUBWORD_RUN), load_backend())
    state = trainer.train(trainer.start())
    run, index = finish(trainer, state), trainer.index
    assert index is not None
    assert run.subwords is not None
    table = state.tables.center
    for word in range(index.vocab_size):
        rows = index.rows[index.offsets[word] : index.offsets[word + 1]]
        np.testing.assert_allclose(run.vectors[word], table[rows].mean(axis=0), atol=1e-6)
    own = run.subwords.own_rows(run.vocabulary.words, run.vectors)
    np.testing.assert_allclose(own, table[: index.vocab_size], atol=1e-5)


def test_words_never_seen_have_the_mean_of_their_n_grams(model: Word2Vec) -> None:
    wv, rule = model.wv, NgramRule(2, 4, 500)
    assert wv.subwords is not None
    row_of_bucket = dict(zip(wv.subwords.buckets.tolist(), wv.subwords.rows, strict=True))
    for word in ("bazed", "zz", "ünïcode"):
        assert word not in wv.key_to_index
        buckets = rule.buckets_of([word]).buckets.tolist()
        rows = [row_of_bucket.get(bucket, np.zeros(8)) for bucket in buckets]
        np.testing.assert_allclose(wv[word], np.mean(rows, axis=0), atol=1e-6)
        assert word in wv
        assert wv.is_composed(word)
    assert wv[["bazed", "ba"]].shape == (2, 8)
    np.testing.assert_array_equal(wv[["ba", "bazed"]][1], wv["bazed"])
    assert wv.most_similar("bazed", topn=3) == wv.similar_by_vector(wv["bazed"], topn=3)
    assert wv.most_similar_cosmul("bazed", topn=3)
    assert wv.rank("bazed", wv.most_similar("bazed", topn=1)[0][0]) == 1
    assert wv.rank("ba", "bazed") >= 1
    assert 7 not in wv.vectors_for_all(["ba", "bazed"])
    assert wv.vectors_for_all(["ba", "bazed"]).index_to_key == ["ba", "bazed"]


def test_a_word_without_n_grams_is_unknown(small_corpus: Corpus) -> None:
    wv = Word2Vec(**SMALL_RUN, subword="5-6", buckets=10**6).fit(small_corpus).wv
    assert "qqqqqqq" not in wv  # no bucket of its n-grams was met
    assert "q" not in wv  # <q> is too short
    for word in ("q", "qqqqqqq"):
        with pytest.raises(KeyError, match=word):
            wv[word]


def test_the_folder_keeps_the_n_grams(model: Word2Vec, tmp_path: Path) -> None:
    model.save(tmp_path / "run")
    model.wv.save(tmp_path / "vectors")
    for folder in ("run", "vectors"):
        wv = KeyedVectors.load(tmp_path / folder)
        for word in ("ba", "bazed"):
            np.testing.assert_array_equal(wv[word], model.wv[word])
    KeyedVectors(["a"], np.ones((1, 8), np.float32)).save(tmp_path / "vectors")
    assert KeyedVectors.load(tmp_path / "vectors").subwords is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ngrams.json", b"{}"),
        ("ngrams.json", b"["),
        ("ngrams.json", b'{"format": "xw2v n-grams 1", "min_n": 3, "max_n": 2, "buckets": 5}'),
        ("ngrams.json", b'{"format": "xw2v n-grams 1", "min_n": 3, "max_n": 4, "buckets": 5}'),
        ("ngrams.json", b'{"format": "xw2v n-grams 1", "min_n": 3, "max_n": "4", "buckets": 5}'),
        ("ngrams.npy", b"no array"),
        ("ngram_buckets.npy", b""),
    ],
)
def test_damaged_files_are_reported(
    model: Word2Vec, tmp_path: Path, name: str, content: bytes
) -> None:
    model.wv.save(tmp_path / "vectors")
    (tmp_path / "vectors" / name).write_bytes(content)
    with pytest.raises(FileFormatError, match="ngram"):
        KeyedVectors.load(tmp_path / "vectors")


def test_files_that_do_not_fit_each_other_are_reported(model: Word2Vec, tmp_path: Path) -> None:
    folder = tmp_path / "vectors"
    model.wv.save(folder)
    assert model.wv.subwords is not None
    rows = model.wv.subwords.rows
    for wrong in (rows[:-1], rows[:, :-1], rows.astype(np.float64), rows[0]):
        np.save(folder / "ngrams.npy", wrong)
        with pytest.raises(FileFormatError, match="ngram"):
            KeyedVectors.load(folder)
    (folder / "ngrams.npy").unlink()
    with pytest.raises(InputError, match="no such file"):
        KeyedVectors.load(folder)


def test_a_run_starts_from_another_with_its_n_grams(
    model: Word2Vec, small_corpus: Corpus, tmp_path: Path
) -> None:
    model.save(tmp_path)
    start, settings = WarmStart.load(str(tmp_path), keep=False), Settings(**SUBWORD_RUN)
    start.check(settings)
    index = index_of(small_corpus.vocabulary.words, settings)
    center, context, known = start.tables(small_corpus.vocabulary, settings, index)
    assert known == len(small_corpus.vocabulary)
    trainer = Trainer(small_corpus, settings, load_backend())
    state = trainer.start(center, context)
    run = finish(trainer, state)
    np.testing.assert_allclose(run.vectors, model.wv.vectors, atol=1e-5)
    assert run.subwords is not None
    assert model.wv.subwords is not None
    np.testing.assert_array_equal(run.subwords.rows, model.wv.subwords.rows)
    for wrong in ({"buckets": 400}, {"subword": "3-4"}):
        with pytest.raises(UsageError, match="give `subword` 2-4 and `buckets` 500"):
            start.check(Settings(**SUBWORD_RUN | wrong))
    with pytest.raises(UsageError, match="no words can be kept"):
        dataclasses.replace(start, keep=True).check(settings)


def test_a_run_with_n_grams_does_not_start_from_words_alone(
    small_corpus: Corpus, tmp_path: Path
) -> None:
    Word2Vec(**SMALL_RUN).fit(small_corpus).wv.save(tmp_path)
    with pytest.raises(UsageError, match="its words have no n-grams"):
        WarmStart.load(str(tmp_path), keep=False).check(Settings(**SUBWORD_RUN))


def test_memory_that_would_not_suffice_is_reported(
    small_corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [str(number) for number in range(10**5)]
    settings = Settings(subword="1-6", vector_size=1000)
    index = index_of(words, settings)
    assert index is not None
    alone = memory.needed(settings, len(words))
    table = 4 * index.input_rows * 1000
    need = memory.needed(settings, len(words), index)
    assert need > alone + table
    monkeypatch.setattr(memory, "available", lambda: (need - 1000 * len(index.buckets), "a test"))
    with pytest.raises(InputError, match=r"buckets of n-grams .* or `buckets` \d+ would fit"):
        memory.check_memory(settings, len(words), index)


def test_run_json_says_how_many_rows_n_grams_have(model: Word2Vec, tmp_path: Path) -> None:
    model.save(tmp_path)
    record = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert model.wv.subwords is not None
    assert record["ngram_rows"] == len(model.wv.subwords.rows)
    assert record["settings"]["subword"] == "2-4"


def test_the_table_of_n_grams_checks_its_parts() -> None:
    rows, rule = np.zeros((2, 4), np.float32), NgramRule(3, 4, 10)
    for buckets in ([1], [1, 1], [-1, 3], [3, 10]):
        with pytest.raises(InputError, match="buckets"):
            SubwordTable(rule, rows, np.asarray(buckets))


def test_the_order_of_a_tables_rows_makes_no_difference(tmp_path: Path) -> None:
    rng, rule = np.random.default_rng(0), NgramRule(2, 3, 40)
    buckets = rng.permutation(40)[:30]  # some n-grams have no row
    rows, shuffled = rng.normal(0, 1, (30, 4)).astype(np.float32), rng.permutation(30)
    tables = [SubwordTable(rule, rows, buckets)]
    tables.append(SubwordTable(rule, rows[shuffled], buckets[shuffled]))
    words, row_of_bucket = ["abc", "cab", "x"], dict(zip(buckets.tolist(), rows, strict=True))
    for table in tables:
        for word in words:
            there = [row_of_bucket.get(b, np.zeros(4)) for b in rule.buckets_of([word]).buckets]
            np.testing.assert_allclose(table.vectors_of([word])[0], np.mean(there, 0), atol=1e-6)
        for bucket in range(40):
            found = table.rows[table.rows_of_buckets(bucket, bucket + 1)]
            there = [row_of_bucket[bucket]] if bucket in row_of_bucket else []
            np.testing.assert_array_equal(found, np.reshape(there, (-1, 4)))
    written = []
    for i, table in enumerate(tables):
        wv = KeyedVectors(words, table.vectors_of(words), subwords=table)
        wv.save(tmp_path / f"{i}.bin", "fasttext-bin")
        written.append((tmp_path / f"{i}.bin").read_bytes())
    assert written[0] == written[1]


def test_fit_shows_n_grams_to_callbacks_and_resumes_to_the_same(
    model: Word2Vec, small_corpus: Corpus, tmp_path: Path
) -> None:
    def interrupt(unfinished: Word2Vec) -> None:
        assert unfinished.wv.is_composed("bazed")
        fail(unfinished)

    other = Word2Vec(**SUBWORD_RUN)
    with pytest.raises(Fail):
        other.fit(
            small_corpus, checkpoint=tmp_path, checkpoint_every=5, callbacks=[At(12, interrupt)]
        )
    other.fit(small_corpus, checkpoint=tmp_path, resume=True)
    assert_equal(other, model)
    np.testing.assert_array_equal(other.wv["bazed"], model.wv["bazed"])


def test_a_loaded_model_has_its_n_grams_and_goes_on_from_them(
    model: Word2Vec, small_corpus: Corpus, tmp_path: Path
) -> None:
    model.save(tmp_path)
    loaded = Word2Vec.load(tmp_path)
    assert loaded.wv.subwords is not None
    assert np.array_equal(loaded.wv["bazed"], model.wv["bazed"])
    runs = [Word2Vec(**SUBWORD_RUN).fit(small_corpus, init=one) for one in (model, loaded)]
    assert np.array_equal(runs[0].wv.vectors, runs[1].wv.vectors)
