"""xw2v train: its options, what it prints, --resume, --init and --config, through the command line
itself.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from runs import EXACT, Xw2v, command, done, failed, result, text

from xw2v.training.checkpoint import CheckpointFolder
from xw2v.vectors.keyedvectors import KeyedVectors

# --- what is written and printed -----------------------------------------------------------------


def test_auto_without_a_gpu_says_once_that_it_takes_the_cpu(
    xw2v: Xw2v, small_text: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    printed = done(xw2v(command(small_text, "--device", "auto", output=str(tmp_path / "output"))))
    assert printed.count("--device auto takes the CPU") == 1
    assert json.loads((tmp_path / "output" / "run.json").read_text())["settings"]["device"] == "cpu"
    assert (
        done(
            xw2v(
                command(small_text, "--quiet", "--device", "auto", output=str(tmp_path / "output"))
            )
        )
        == ""
    )


def test_every_file_of_the_interface_is_written(xw2v: Xw2v, small_text: Path) -> None:
    code, out, error = xw2v(command(small_text, val=str(small_text)))
    assert code == 0
    assert {path.name for path in Path("output").iterdir()} == {
        *EXACT,
        "validation_history.txt",
        "loss_plot.png",
        "run.json",
        "checkpoint",
        ".lock",
    }
    assert len(CheckpointFolder("output").names()) == 1
    assert "words.txt: 8,000 words, 400 sentences, vocabulary of 177" in error
    assert "vectors in output" in error
    assert all(":" in line for line in out.splitlines())
    assert out
    table = np.load("output/center.npy")
    vectors = KeyedVectors.load("output/vectors.txt")
    assert vectors.vectors.tobytes() == table.tobytes()
    assert len(Path("output/validation_history.txt").read_text().split()) == 3


def test_conventions_of_cbow_are_options_of_cbow_alone(xw2v: Xw2v, small_text: Path) -> None:
    options = "--cbow-sum", "--cbow-gradient", "mean"
    done(xw2v(command(small_text, *options, "--quiet", model="cbow")))
    settings = json.loads(Path("output/run.json").read_text())["settings"]
    assert (settings["cbow_mean"], settings["cbow_gradient"]) == (False, "mean")
    assert settings["alpha"] == 0.05
    for option in (options[:1], options[1:]):
        line = failed(xw2v(command(small_text, *option)), 2)
        assert line.endswith(
            f"{' '.join(option)}: is for CBOW; give it with --model cbow, or leave it out"
        )
    line = failed(xw2v(command(small_text, "--resume", "--cbow-mean", model="cbow")))
    assert "cbow-mean True (there False)" in line


def test_json_prints_one_object_and_quiet_nothing(xw2v: Xw2v, small_text: Path) -> None:
    code, out, error = xw2v(command(small_text, "--json", "--quiet"))
    assert (code, error) == (0, "")
    record = json.loads(out)
    assert record == json.loads(Path("output/run.json").read_text())
    assert record["settings"]["epochs"] == 3
    assert record["epochs_asked"] == [3]
    assert xw2v(command(small_text, "--quiet"))[1:] == ("", "")


def test_an_earlier_run_moves_to_previous_with_its_checkpoints(
    xw2v: Xw2v, small_text: Path
) -> None:
    done(xw2v(command(small_text)))
    before = result(Path("output"))
    assert "the checkpoints of an earlier run are in output/previous/checkpoint" in done(
        xw2v(command(small_text, seed="2"))
    )
    assert result(Path("output/previous")) == before
    assert CheckpointFolder("output/previous").latest() is not None
    assert result(Path("output")) != before


@pytest.mark.parametrize(
    ("option", "value", "code", "message"),
    [
        ("window", "0", 2, "--window 0: give a number of at least 1"),
        ("window", "1" * 400, 2, "--window 1111"),
        ("epochs", "2.5", 2, ""),
        ("alpha", "nan", 2, "--alpha nan: give a number"),
        ("alpha", "inf", 2, "--alpha inf: give a number"),
        ("model", "glove", 2, ""),
        (
            "checkpoint-every",
            "often",
            2,
            "--checkpoint-every often: give steps, such as 200, or a time, such as 30s, 10m or 1h",
        ),
        ("token-pattern", "[", 2, "--token-pattern '[': not a regular expression"),
        ("device", "tpu", 2, "--device tpu: choose cpu"),
        ("backend", "jax", 2, "--backend jax: not installed here"),
        ("val", "nothing.txt", 1, "nothing.txt: no such file or folder"),
        ("config", "nothing.toml", 1, "nothing.toml: no such file"),
        ("init", "nothing.txt", 1, "nothing.txt: no such file"),
        ("output", "/dev/null/x", 1, "/dev/null/x: this folder cannot be written"),
        ("min-count", "100000", 1, "no words left"),
    ],
)
def test_bad_options_are_one_line(
    xw2v: Xw2v, small_text: Path, option: str, value: str, code: int, message: str
) -> None:
    assert message in failed(xw2v(command(small_text, **{option.replace("-", "_"): value})), code)


@pytest.mark.parametrize("spoil", [b"", b"\0" * 100, b"\xff\xfe" * 10, b"a\nb\nc\n"])
def test_what_is_no_text_is_one_line(xw2v: Xw2v, tmp_path: Path, spoil: bytes) -> None:
    (tmp_path / "bad.txt").write_bytes(spoil)
    assert "bad.txt" in failed(xw2v(command(tmp_path / "bad.txt", min_count="1")))


def test_a_missing_file_is_one_line(xw2v: Xw2v) -> None:
    assert failed(xw2v(command("nowhere.txt"))).startswith(
        "xw2v: nowhere.txt: no such file or folder"
    )


# --- configuration files -------------------------------------------------------------------------


def test_flags_win_over_the_file(xw2v: Xw2v, small_text: Path, tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(
        f'input = "{small_text}"\noutput = "from-file"\n'
        "window = 2\ndim = 8\nepochs = 1\nmin-count = 2\n"
    )
    line = [
        sys.executable,
        "-m",
        "xw2v",
        "train",
        "--config",
        "run.toml",
        "--window",
        "4",
        "--json",
    ]
    code, out, error = xw2v(line)
    assert code == 0, error
    settings = json.loads(out)["settings"]
    assert [settings[name] for name in ("window", "vector_size", "epochs", "min_count")] == [
        4,
        8,
        1,
        2,
    ]
    assert Path("from-file/run.json").is_file()


def test_an_unknown_key_is_a_usage_error_with_the_nearest(
    xw2v: Xw2v, small_text: Path, tmp_path: Path
) -> None:
    (tmp_path / "run.toml").write_text("windows = 2\n")
    assert failed(xw2v(command(small_text, config="run.toml")), 2) == (
        "xw2v: --config run.toml: unknown key 'windows'; did you mean 'window'?"
    )


# --- resuming ------------------------------------------------------------------------------------


def test_resume_with_no_checkpoint_starts_a_new_run(xw2v: Xw2v, small_text: Path) -> None:
    assert "output/checkpoint: no checkpoint found; starting a new run" in done(
        xw2v(command(small_text, "--resume"))
    )


def test_resume_of_a_finished_run_changes_nothing(xw2v: Xw2v, small_text: Path) -> None:
    done(xw2v(command(small_text)))
    times = {
        path: path.stat().st_mtime_ns for path in Path("output").iterdir() if path.name != ".lock"
    }
    assert "this run is complete; a larger --epochs continues it" in done(
        xw2v(command(small_text, "--resume"))
    )
    assert times == {
        path: path.stat().st_mtime_ns for path in Path("output").iterdir() if path.name != ".lock"
    }


def test_resume_takes_settings_from_the_checkpoint(xw2v: Xw2v, small_text: Path) -> None:
    done(xw2v(command(small_text, alpha="0.04")))
    line = [sys.executable, "-m", "xw2v", "train", str(small_text), "--resume", "--json"]
    code, out, error = xw2v(line)
    assert code == 0, error
    settings = json.loads(out)["settings"]
    assert (settings["vector_size"], settings["alpha"], settings["epochs"]) == (16, 0.04, 3)


def test_added_epochs_say_their_learning_rates(xw2v: Xw2v, small_text: Path) -> None:
    done(xw2v(command(small_text, alpha="0.05")))
    code, out, error = xw2v(command(small_text, "--resume", "--json", epochs="6"))
    assert code == 0
    assert (
        "epochs 4 to 6 are added: the learning rate falls from 0.02505 to 0.0001, "
        "as in a run of 6 epochs" in error
    )
    record = json.loads(out)
    assert record["epochs_asked"] == [3, 6]
    assert (Path("output/previous/run.json")).is_file()
    assert "--epochs 2 (there 6); it has 6 epochs behind it" in failed(
        xw2v(command(small_text, "--resume", epochs="2"))
    )


def test_resume_refuses_what_does_not_match(xw2v: Xw2v, small_text: Path, tmp_path: Path) -> None:
    done(xw2v(command(small_text)))
    line = failed(xw2v(command(small_text, "--resume", window="4", seed="7")))
    assert "was made with other settings: --window 4 (there 3), --seed 7 (there 1)" in line
    other = tmp_path / "other.txt"
    other.write_text(text(8000, seed=9))
    line = failed(xw2v(command(other, "--resume")))
    assert (
        "belongs to another text: it is of words.txt (7,988 tokens, 177 words), "
        "and this is other.txt" in line
    )
    assert "validation text differs" in failed(
        xw2v(command(small_text, "--resume", val=str(other)))
    )
    assert "--init or --init-keep differ" in failed(
        xw2v(command(small_text, "--resume", init="output")), 2
    )


def test_resume_falls_back_and_says_so(xw2v: Xw2v, small_text: Path) -> None:
    done(xw2v(command(small_text, checkpoint_every="5")))
    before = result(Path("output"))
    (name,) = CheckpointFolder("output").names()
    good, bad = (Path("output/checkpoint") / each for each in (name, "epoch-000009-step-000000000"))
    bad.mkdir()
    (bad / "state.json").write_bytes((good / "state.json").read_bytes()[:-9])
    assert (
        f"checkpoint {bad} is damaged (state.json cannot be parsed); trying the one before"
        in done(xw2v(command(small_text, "--resume")))
    )
    assert result(Path("output")) == before
