"""Fixtures that many test files share."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from runs import SMALL_RUN, Xw2v, command, run, text
from wordvectors import some_vectors

from xw2v.cli import main
from xw2v.errors import MissingDependencyError
from xw2v.gensim.notices import forget_notices
from xw2v.settings import Settings
from xw2v.sgns.backend import Backend
from xw2v.sgns.loading import load_backend
from xw2v.text.corpus import Corpus
from xw2v.training.trainer import Trainer
from xw2v.vectors.keyedvectors import KeyedVectors

# The same examples in every run, so that a run says something about the change that it tests. New
# ones: pytest --hypothesis-profile explore. How long an example takes depends on what else runs.
UNTIMED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("repeatable", derandomize=True, database=None, **UNTIMED)
settings.register_profile("explore", derandomize=False, print_blob=True, **UNTIMED)
settings.load_profile("repeatable")

BACKENDS = "numpy:cpu strict:device1 strict:device2 torch:cpu cupy:cuda cupy:emulated"


@pytest.fixture(params=os.environ.get("XW2V_BACKENDS", BACKENDS).split())
def any_backend(request: pytest.FixtureRequest) -> Backend:
    """Each backend this machine has; those named in XW2V_BACKENDS ("cupy:cuda:1 torch:mps") must be
    there.

    "cupy:emulated" is the CUDA backend with its kernels run on the CPU. NumPy's products have full
    precision, whatever the processor.
    """
    return opened(request.param, deterministic=request.param == "numpy:cpu")


def opened(backend: str, *, deterministic: bool = False) -> Backend:
    """A backend by its name in XW2V_BACKENDS; skips the test where there is none by default."""
    name, _, device = backend.partition(":")
    if device == "emulated":
        from cuda_on_cpu import CpuCupyBackend

        return CpuCupyBackend(deterministic=deterministic)
    try:
        return load_backend(name, device or "cpu", deterministic=deterministic)
    except MissingDependencyError:
        if "XW2V_BACKENDS" in os.environ:
            raise
        pytest.skip(f"no {backend} on this machine")


@pytest.fixture(scope="module")
def vectors() -> KeyedVectors:
    return some_vectors()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `vectors`, which commands ask."""
    folder = tmp_path_factory.mktemp("model") / "output"
    some_vectors().save(folder)
    return folder


@pytest.fixture
def notices_given_anew() -> Iterator[None]:
    """What `xw2v.gensim` says once a process is said in this test, too."""
    forget_notices()
    yield
    forget_notices()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with eval/, nltk_data/ and text/: XW2V_DATA, or ../shared/data beside the
    repository.
    """
    folder = Path(os.environ.get("XW2V_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data at {folder}; set XW2V_DATA")
    return folder


@pytest.fixture(scope="session")
def words_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small text."""
    path = tmp_path_factory.mktemp("text") / "words.txt"
    path.write_text(text(20_000))
    return path


@pytest.fixture(scope="session")
def uninterrupted(words_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run over `words_file` that nothing happened to."""
    output = tmp_path_factory.mktemp("uninterrupted") / "output"
    code, _, error = run(command(words_file, "--quiet", output=str(output), checkpoint_every="10"))
    assert (code, error) == (0, "")
    return output


@pytest.fixture(scope="session")
def small_corpus() -> Corpus:
    return Corpus.from_sentences([line.split() for line in text(6000).splitlines()], min_count=1)


@pytest.fixture(scope="session")
def held_out(small_corpus: Corpus) -> Corpus:
    """Text in the vocabulary of `small_corpus`."""
    lines = [line.split() for line in text(1000, seed=1).splitlines()]
    return Corpus.from_sentences(lines, vocabulary=small_corpus.vocabulary)


@pytest.fixture
def small_trainer(small_corpus: Corpus) -> Trainer:
    return Trainer(small_corpus, Settings(**SMALL_RUN), load_backend())


@pytest.fixture(scope="session")
def small_text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / "words.txt"
    path.write_text(text(8000))
    return path


@pytest.fixture
def xw2v(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Xw2v:
    """Run a command in this process, in `tmp_path`: (exit code, standard output, standard
    error).
    """
    monkeypatch.chdir(tmp_path)

    def run(line: list[str]) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", line[2:])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return code, printed.out, printed.err

    return run
