"""xw2v train --init: starting from vectors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from runs import WORDS, Xw2v, command, done, failed

from xw2v.vectors.keyedvectors import KeyedVectors


def test_init_starts_from_the_vectors_of_an_earlier_run(
    xw2v: Xw2v, small_text: Path, tmp_path: Path
) -> None:
    """A learning rate next to nothing leaves known words where they were, and new ones where they
    start.
    """
    half = tmp_path / "half.txt"
    half.write_text(" ".join(WORDS[:90]) + "\n" + small_text.read_text().partition("\n")[0] + "\n")
    done(xw2v(command(half, output="first", min_count="1")))
    first = KeyedVectors.load("first")
    still = {"alpha": "1e-30", "min_alpha": "0", "epochs": "1"}
    line = command(small_text, init="first", output="second", **still)
    size = line.index("--vector-size")
    del line[size : size + 2]  # it is the file's
    assert f"{len(first)} of 177 words start from first" in done(xw2v(line))
    second = KeyedVectors.load("second")
    known = [word for word in second.index_to_key if word in first]
    assert second[known].tobytes() == first[known].tobytes()
    contexts = np.load("second/context.npy"), np.load("first/context.npy")
    rows = (
        [second.key_to_index[word] for word in known],
        [first.key_to_index[word] for word in known],
    )
    assert np.allclose(contexts[0][rows[0]], contexts[1][rows[1]], rtol=0, atol=1e-25)
    done(xw2v(command(small_text, output="plain", **still)))
    new = [word for word in second.index_to_key if word not in first]
    assert new
    assert second[new].tobytes() == KeyedVectors.load("plain")[new].tobytes()


def test_init_keep_keeps_the_words_that_the_text_lacks(
    xw2v: Xw2v, small_text: Path, tmp_path: Path
) -> None:
    (tmp_path / "some.vec").write_text(
        f"2 16\nquux {' '.join(['0.5'] * 16)}\n{WORDS[0]} {' '.join(['0.25'] * 16)}\n"
    )
    done(xw2v(command(small_text, init="some.vec", output="dropped")))
    assert "quux" not in KeyedVectors.load("dropped")
    _, out, _ = xw2v(command(small_text, "--init-keep", "--json", init="some.vec", output="kept"))
    assert json.loads(out)["words_kept"] == 1
    kept, dropped = KeyedVectors.load("kept"), KeyedVectors.load("dropped")
    assert kept.index_to_key == [*dropped.index_to_key, "quux"]
    assert (kept["quux"] == 0.5).all()
    assert kept.vectors[:-1].tobytes() == dropped.vectors.tobytes()
    assert not np.load("kept/context.npy")[-1].any()
    done(xw2v(command(small_text, "--init-keep", "--resume", init="some.vec", output="kept")))
    assert KeyedVectors.load("kept").index_to_key == kept.index_to_key


@pytest.mark.parametrize(
    ("more", "given", "message"),
    [
        (
            [],
            {"init": "some.vec", "vector_size": "8"},
            "its vectors have 16 dimensions, not 8; give --vector-size 16",
        ),
        (["--init-keep"], {}, "give the vectors whose words are to be kept with --init"),
        (["--init-keep"], {"init": "some.vec", "max_vocab": "50"}, "none can be kept"),
    ],
)
def test_init_refuses_what_does_not_fit(
    xw2v: Xw2v,
    small_text: Path,
    tmp_path: Path,
    more: list[str],
    given: dict[str, str],
    message: str,
) -> None:
    (tmp_path / "some.vec").write_text(f"1 16\nquux {' '.join(['0.5'] * 16)}\n")
    assert message in failed(xw2v(command(small_text, *more, **given)), 2)


def test_init_with_non_finite_values_is_refused(
    xw2v: Xw2v, small_text: Path, tmp_path: Path
) -> None:
    (tmp_path / "some.vec").write_text(f"1 16\nquux {' '.join(['nan'] * 16)}\n")
    assert "some.vec" in failed(xw2v(command(small_text, init="some.vec")))
