"""What a training command writes and prints whatever the machine, the names and the words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from runs import EXACT, Xw2v, command, done, failed

from xw2v.pictures import loss_curve
from xw2v.training.run_folder import read_losses

CHINESE = "我 你 他 我 你\n" * 50


def run_in(folder: Path, line: list[str], **environment: str) -> tuple[int, bytes, str]:
    """A command in a process of its own: exit code, standard output and standard error."""
    ended = subprocess.run(
        line, cwd=folder, env=os.environ | environment, capture_output=True, timeout=120
    )
    return ended.returncode, ended.stdout, ended.stderr.decode()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MPLBACKEND", "module://matplotlib_inline.backend_inline"),
        ("MPLBACKEND", "no such backend"),
        ("MATPLOTLIBRC", "broken.rc"),
    ],
)
def test_settings_of_matplotlib_cost_nothing(
    variable: str, value: str, small_text: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.rc").write_bytes(b"\xff\xfe: 1\n")
    line = command(small_text, output="output")
    code, _, error = run_in(tmp_path, line, **{variable: value})
    assert code == 0, error
    assert "Traceback" not in error
    assert {*EXACT, "loss_plot.png", "run.json"} <= {*os.listdir(tmp_path / "output")}, error


def test_a_picture_that_cannot_be_drawn_is_one_line_and_drawn_later(
    xw2v: Xw2v, small_text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no\nfont")

    with monkeypatch.context() as patch:
        patch.setattr(loss_curve, "plot_loss", fail)
        error = done(xw2v(command(small_text)))
    assert "output/loss_plot.png: not drawn (no font); everything else is written" in error
    assert {*EXACT, "run.json"} <= {*os.listdir("output")}
    assert not {name for name in os.listdir("output") if name.endswith(".partial")}
    done(xw2v(command(small_text, "--resume")))
    assert Path("output/loss_plot.png").stat().st_size > 1000


@pytest.mark.skipif(sys.platform != "linux", reason="names of files that are not UTF-8")
def test_a_text_whose_name_is_not_utf_8(small_text: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"n\xffame.txt")
    (tmp_path / name).write_bytes(small_text.read_bytes())
    for more in ([], ["--resume"], ["--json"]):
        code, out, error = run_in(tmp_path, [*command(name, epochs="1"), *more])
        assert code == 0, error
    assert json.loads(out)["corpus"]["description"] == name
    record = (tmp_path / "output" / "run.json").read_text(encoding="utf-8")
    assert json.loads(record)["corpus"]["description"] == name


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_standard_output_takes_any_word(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text(CHINESE + "😀 我 你\n" * 30, encoding="utf-8")
    line = command("words.txt", min_count="1", epochs="1", token_pattern=r"\S+")
    code, out, error = run_in(tmp_path, line, PYTHONIOENCODING=encoding)
    assert (code, "vectors in output" in error) == (0, True)
    assert out
    similar = [sys.executable, "-m", "xw2v", "similar", "我", "--model", "output"]
    code, out, _ = run_in(tmp_path, similar, PYTHONIOENCODING=encoding)
    assert (code, len(out.splitlines())) == (0, 3)
    code, out, _ = run_in(tmp_path, [*similar, "--json"], PYTHONIOENCODING=encoding)
    (answer,) = json.loads(out)["queries"]
    assert answer["query"] == "我"
    assert {neighbour["word"] for neighbour in answer["neighbours"]} == {"你", "他", "😀"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    ("stream", "more", "code"), [("stdout", [], 0), ("stderr", [], 0), ("stdout", ["--json"], 1)]
)
def test_lines_that_cannot_be_written_do_not_fail_a_run_but_json_does(
    stream: str, more: list[str], code: int, small_text: Path, tmp_path: Path
) -> None:
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with open("/dev/full", "wb") as full:
        line = [*command(small_text, epochs="1"), *more]
        ended = subprocess.run(line, cwd=tmp_path, **streams | {stream: full})
    assert ended.returncode == code
    assert {*EXACT, "loss_plot.png", "run.json"} <= {*os.listdir(tmp_path / "output")}


def test_the_last_line_has_the_means_of_the_last_epoch(xw2v: Xw2v, small_text: Path) -> None:
    error = done(xw2v(command(small_text, epochs="3", val=str(small_text))))
    record = json.loads(Path("output/run.json").read_text())
    losses = read_losses(Path("output/loss_history.txt"))
    last = losses[-len(losses) // 3 :]
    assert record["final_loss"] == pytest.approx(sum(last) / len(last), rel=0.01)
    assert f"mean loss of the last epoch {record['final_loss']:.4f}" in error
    assert f"validation loss {record['validation_loss']:.4f}; vectors in output" in error


def test_a_configuration_file_has_every_option(xw2v: Xw2v, small_text: Path) -> None:
    Path("run.toml").write_text("quiet = true\njson = true\nresume = true\nepochs = 1\n")
    line = [*command(small_text, config="run.toml")]
    for name in ("--epochs",):
        at = line.index(name)
        del line[at : at + 2]
    code, out, error = xw2v(line)
    assert (code, error) == (0, "")
    assert json.loads(out)["settings"]["epochs"] == 1
    Path("run.toml").write_text("init-keep = true\n")
    assert "--init-keep: give the vectors" in failed(xw2v(line), 2)


@pytest.mark.parametrize("option", ["output", "init", "val", "checkpoint-every", "token-pattern"])
def test_an_option_that_is_given_empty_is_refused(
    option: str, xw2v: Xw2v, small_text: Path
) -> None:
    """As by a shell variable that is not set."""
    line = [*command(small_text), f"--{option}", ""]
    assert failed(xw2v(line), 2) == f"xw2v: --{option} '': give text"
    assert not os.path.exists("output")
