"""`Word2Vec.fit` starts from vectors, calls callbacks, stops early and shows its progress; what
was saved is loaded as it was.
"""

from __future__ import annotations

import os
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fits import HELD_OUT, TEXT, TINY, WORDS, At, Fail, assert_equal, fail, text

from xw2v import (
    InputError,
    TrainingError,
    UsageError,
    Word2Vec,
)
from xw2v.text import encode
from xw2v.text.corpus import Corpus
from xw2v.training.callbacks import Progress
from xw2v.training.checkpoint import CheckpointFolder

# --- loading, and starting from vectors ---


@pytest.mark.parametrize("settings", [{}, {"tied": True}, {"model": "cbow", "window": 2}])
def test_a_model_in_a_folder_is_loaded_as_it_was(tmp_path: Path, settings: dict[str, Any]) -> None:
    model = Word2Vec(**TINY | settings).fit(TEXT, HELD_OUT)
    model.save(tmp_path / "a")
    loaded = Word2Vec.load(tmp_path / "a")
    np.testing.assert_array_equal(loaded.wv.vectors, model.wv.vectors)
    np.testing.assert_array_equal(loaded.context_vectors, model.context_vectors)
    assert loaded.loss_history == pytest.approx(model.loss_history, abs=1e-6)
    assert [step for step, _ in loaded.run.loss_history] == [
        step for step, _ in model.run.loss_history
    ]
    assert loaded.run.record == model.run.record
    assert {**TINY, **settings}.items() <= loaded.get_params().items()
    loaded.save(tmp_path / "b")
    for file in (tmp_path / "a").iterdir():
        if file.is_file() and file.suffix != ".png":
            assert (tmp_path / "b" / file.name).read_bytes() == file.read_bytes()
    assert_equal(Word2Vec(**loaded.get_params()).fit(TEXT, HELD_OUT), model)


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no run\.json in it"):
        Word2Vec.load(tmp_path)
    Word2Vec(**TINY).fit(TEXT).save(tmp_path)
    record = (tmp_path / "run.json").read_text()
    (tmp_path / "run.json").write_text(record.replace('"window": 5', '"window": -5'))
    with pytest.raises(InputError, match="its settings cannot be used: window=-5"):
        Word2Vec.load(tmp_path)
    (tmp_path / "run.json").write_text(record)
    (tmp_path / "context.npy").unlink()
    with pytest.raises(InputError, match=r"context\.npy"):
        Word2Vec.load(tmp_path)


def test_a_vocabulary_grows_with_new_text(tmp_path: Path) -> None:
    model = Word2Vec(**TINY).fit(TEXT)
    before = {word: model.wv[word].copy() for word in model.wv.index_to_key}
    model.save(tmp_path)
    model.wv.save(tmp_path / "vectors.txt", "word2vec")
    new = text(words=[*WORDS[:20], "new", "newer"])

    def grown(init: Any, **given: Any) -> Word2Vec:
        return Word2Vec(**TINY | {"alpha": 1e-3}).fit(new, init=init, **given)

    from_folder = grown(tmp_path)
    assert_equal(grown(model), from_folder)
    assert_equal(grown(Word2Vec.load(tmp_path)), from_folder)
    from_file = grown(tmp_path / "vectors.txt")  # without context vectors
    assert_equal(grown(model.wv), from_file)
    assert set(from_folder.wv.index_to_key) == {*WORDS[:20], "new", "newer"}
    kept = Word2Vec.load(tmp_path).fit(new, init=model, init_keep=True)
    assert set(kept.wv.index_to_key) == {*WORDS, "new", "newer"}
    for word in WORDS[20:]:
        np.testing.assert_array_equal(kept.wv[word], before[word])
    assert all(np.isfinite(kept.wv[word]).all() for word in ("new", "newer"))
    moved = [np.linalg.norm(from_folder.wv[word] - before[word]) for word in WORDS[:20]]
    assert 0 < max(moved) < 0.1
    for word, vector in before.items():
        np.testing.assert_array_equal(model.wv[word], vector)


def test_a_model_goes_on_from_itself() -> None:
    model = Word2Vec(**TINY).fit(TEXT)
    first = model.loss_history
    model.fit(TEXT, init=model)
    assert model.loss_history[0] < first[0]


def test_the_size_of_the_vectors_is_that_of_those_it_starts_from(tmp_path: Path) -> None:
    model = Word2Vec(**TINY).fit(TEXT)
    assert Word2Vec(min_count=1).fit(TEXT, init=model).wv.vector_size == 8
    with pytest.raises(UsageError, match="its vectors have 8 dimensions, not 16"):
        Word2Vec(vector_size=16).fit(TEXT, init=model)


def test_a_run_from_vectors_is_resumed_with_them(tmp_path: Path) -> None:
    start = Word2Vec(**TINY).fit(text(seed=5))
    whole = Word2Vec(**TINY).fit(TEXT, init=start)
    model = Word2Vec(**TINY)
    saved: dict[str, Any] = {"checkpoint": tmp_path, "checkpoint_every": 5}
    with pytest.raises(Fail):
        model.fit(TEXT, init=start, callbacks=[At(20, fail)], **saved)
    with pytest.raises(UsageError, match="`init` or `init_keep` differ"):
        model.fit(TEXT, resume=True, **saved)
    assert_equal(model.fit(TEXT, init=start, resume=True, **saved), whole)


# --- callbacks and early stops ---


class Diary:
    def __init__(self) -> None:
        self.calls: list[str] = []
        self.vectors: list[np.ndarray] = []
        self.losses: list[float] = []

    def on_train_begin(self, model: Word2Vec) -> None:
        self.calls.append("train begin")

    def on_epoch_begin(self, model: Word2Vec) -> None:
        self.calls.append("epoch begin")

    def on_interval(self, model: Word2Vec, progress: Any) -> None:
        self.losses.append(progress.loss)

    def on_epoch_end(self, model: Word2Vec) -> None:
        self.calls.append("epoch end")
        self.vectors.append(model.wv.vectors.copy())
        assert len(model.wv.most_similar("w1", topn=3)) == 3
        assert model.loss_history == self.losses
        assert len(model.validation_history) == len(self.vectors)
        model.save(Path(os.environ["MODEL_FOLDER"]))

    def on_train_end(self, model: Word2Vec) -> None:
        self.calls.append("train end")


def test_callbacks_are_called_with_the_model_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_FOLDER", str(tmp_path))
    diary = Diary()
    model = Word2Vec(**TINY).fit(TEXT, HELD_OUT, callbacks=[diary, At(3, lambda model: model.wv)])
    epoch = ["epoch begin", "epoch end"]
    assert diary.calls == ["train begin", *epoch, *epoch, *epoch, "train end"]
    assert not np.array_equal(diary.vectors[0], diary.vectors[1])
    np.testing.assert_array_equal(diary.vectors[2], model.wv.vectors)
    assert_equal(model, Word2Vec(**TINY).fit(TEXT, HELD_OUT))
    saved = Word2Vec.load(tmp_path)
    np.testing.assert_array_equal(saved.wv.vectors, model.wv.vectors)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.wv.vectors, model.wv.vectors)


class Stop:
    def on_epoch_end(self, model: Word2Vec) -> None:
        model.stop_training = True


def test_a_callback_ends_a_run(tmp_path: Path) -> None:
    given: dict[str, Any] = {"callbacks": [Stop()], "checkpoint": tmp_path}
    model = Word2Vec(**TINY).fit(TEXT, **given)
    assert model.run.record["epochs_trained"] == 1
    assert model.run.record["settings"]["epochs"] == 3
    model.save(tmp_path)
    latest = CheckpointFolder(tmp_path).latest()
    assert latest is not None
    assert latest.record.state.epoch == 1
    whole = Word2Vec(**TINY).fit(TEXT)
    assert_equal(Word2Vec(**TINY).fit(TEXT, checkpoint=tmp_path, resume=True), whole)


def test_a_failed_fit_leaves_the_model_as_it_was() -> None:
    model = Word2Vec(**TINY)
    with pytest.raises(Fail):
        model.fit(TEXT, callbacks=[At(3, fail)])
    with pytest.raises(TrainingError, match="not trained yet"):
        _ = model.wv
    before = model.fit(TEXT).wv
    with pytest.raises(Fail):
        model.fit(text(seed=3), callbacks=[At(3, fail)])
    np.testing.assert_array_equal(model.wv.vectors, before.vectors)


# --- progress ---


@pytest.mark.parametrize("length", [1, 7, 300])
def test_what_is_reported_ends_when_all_is_done(length: int) -> None:
    shares: list[float] = []
    losses: list[float] = []

    def report(progress: Progress) -> None:
        shares.append(progress.done)
        losses.append(progress.loss)

    model = Word2Vec(**TINY).fit(TEXT[:length], report=report)
    assert shares == sorted(set(shares))
    assert shares[-1] == 1
    assert losses[: len(model.loss_history)] == model.loss_history


@pytest.mark.parametrize("is_list", [True, False])
def test_a_bar_is_shown_while_token_lists_are_read(
    is_list: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode, "CHUNK_TOKENS", 600)
    seen: list[tuple[int, float | None]] = []

    def note(words: int, share: float | None) -> None:
        seen.append((words, share))

    Corpus.from_sentences(TEXT if is_list else iter(TEXT), progress=note)
    thirds = [1 / 3, 2 / 3, 1] if is_list else [None, None, None]
    assert seen == list(zip([600, 1200, 1800], thirds, strict=True))


def test_progress_is_a_bar_and_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "text.txt"
    path.write_text("".join(" ".join(line) + "\n" for line in TEXT))
    Word2Vec(**TINY, tokens="raw").fit(path, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "1,800 words, 300 sentences, vocabulary of 40" in shown.err
    assert re.search(r"5\.40k/5\.40k words .*M words/s, loss \d\.\d{4}, alpha 0\.0", shown.err)
    Word2Vec(**TINY, tokens="raw").fit(path)
    assert capsys.readouterr().err == ""


def test_a_damaged_checkpoint_is_a_warning(tmp_path: Path) -> None:
    model = Word2Vec(**TINY)
    saved: dict[str, Any] = {"checkpoint": tmp_path, "checkpoint_every": 5}
    with pytest.raises(Fail):
        model.fit(TEXT, callbacks=[At(20, fail)], **saved)
    folder = CheckpointFolder(tmp_path)
    (folder.path / folder.names()[-1] / "center.npy").write_bytes(b"")
    with pytest.warns(UserWarning, match="is damaged"):
        model.fit(TEXT, resume=True, **saved)
    assert_equal(model, Word2Vec(**TINY).fit(TEXT))


# --- scikit-learn ---


def test_scikit_learn_searches_settings() -> None:
    selection = pytest.importorskip("sklearn.model_selection")
    seen = []

    def score(model: Word2Vec, sentences: list[list[str]]) -> float:
        seen.append((model.settings.window, len(sentences)))
        return -model.settings.window

    search = selection.GridSearchCV(
        Word2Vec(**TINY), {"window": [2, 5]}, scoring=score, cv=2, error_score="raise"
    )
    search.fit(TEXT)
    assert search.best_params_ == {"window": 2}
    assert sorted(seen) == [(2, 150), (2, 150), (5, 150), (5, 150)]
    assert search.best_estimator_.wv.vector_size == 8
