"""Configuration files: every option by its name, checked like a flag, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xw2v.cli import line_of
from xw2v.config import read_config
from xw2v.errors import InputError, UsageError, Xw2vError
from xw2v.settings import Settings, SettingsDict


@pytest.fixture
def config(tmp_path: Path) -> Any:
    def write(text: str | bytes) -> str:
        path = tmp_path / "run.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


def test_settings_and_options_by_every_name(config: Any) -> None:
    text = (
        "vector-size = 20\nmin_count = 2\nlr = 0.1\niter = 7\n"
        'input = ["a", "b"]\ncheckpoint-every = 200\nval="v"'
    )
    settings, options = read_config(config(text))
    assert settings == {"vector_size": 20, "min_count": 2, "alpha": 0.1, "epochs": 7}
    assert options == {"input": ("a", "b"), "checkpoint_every": "200", "val": "v"}
    assert Settings.from_mapping(settings).epochs == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("vectorsize = 20", "unknown key 'vectorsize'; did you mean 'vector-size'"),
        ("epoch = 20", "unknown key 'epoch'; did you mean 'epochs'"),
        ("outputs = 'x'", "unknown key 'outputs'; did you mean 'output'"),
        ("zzz = 1", r"unknown key 'zzz'$"),
        ("[training]\nwindow = 3", "unknown key 'training'"),
        ("window = 3\nwindow-size = 4", "'window-size': this option is there twice"),
        ("dim = 3\nvector_size = 4", "'vector_size': this option is there twice"),
        ("output = 3", "output = 3: give text"),
        ("output = ''", "output = '': give text"),
        ('output = "a\\u0000b"', "give text"),
        ("input = [1]", r"input = \[1\]: give text"),
        ("input = []", r"input = \[\]: give text"),
        ("checkpoint_every = true", "checkpoint_every = True: give text"),
        ("window = ", "not TOML"),
        ("a = " + "[" * 5000, "not TOML"),
        ("a = " + "1" * 5000, "not TOML"),
        ("#" * (1 << 20) + "\n", "no configuration"),
        (b"\xff\xfew\0", "is UTF-16; save it as UTF-8"),
        (b"PK\x03\x04\x14\0", "not text, but a zip file"),
        (b"\x89PNG\r\n", "not text: byte 0 is not UTF-8"),
        (b"a = 1\n# \xe9", "not text: byte 8 is not UTF-8"),
        (b"a = 1\0", "not text: it holds NUL bytes"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_wrong_is_said_by_name(text: str | bytes, message: str, config: Any) -> None:
    with pytest.raises(UsageError, match=message) as error:
        read_config(config(text))
    assert str(error.value).startswith("config=")
    assert "\n" not in str(error.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.toml", tmp_path):
        with pytest.raises(InputError):
            read_config(str(path))


@pytest.mark.parametrize(
    "wrong",
    [
        {"window": 0},
        {"window": 2.5},
        {"window": True},
        {"window": "5"},
        {"window": 10**400},
        {"epochs": 10**400},
        {"alpha": 0},
        {"alpha": float("nan")},
        {"alpha": float("inf")},
        {"alpha": -1},
        {"sample": 2},
        {"seed": -1},
        {"model": "skip"},
        {"tied": 1},
        {"cbow_mean": 0, "model": "cbow"},
        {"cbow_gradient": "sum", "model": "cbow"},
        {"cbow_mean": False},
        {"cbow_gradient": "mean"},
        {"token_pattern": "["},
        {"token_pattern": "a{99999999999}"},
        {"workers": 0},
        {"token_pattern": "(" * 3000},
        {"alpha": 0.01, "min_alpha": 0.1},
        {"min_count": 2**63},
        {"max_vocab": 1},
        {"device": 1},
        {"lowercase": "no"},
        {"vector_size": None},
        {"vector_size": []},
    ],
    ids=lambda wrong: str(wrong)[:30],
)
def test_settings_out_of_range_are_usage_errors(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as error:
        Settings.from_mapping(wrong)
    assert error.value.setting in wrong


def test_the_keyword_arguments_are_the_settings() -> None:
    assert get_type_hints(SettingsDict) == get_type_hints(Settings)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UsageError("too small", setting="min_count", value=0), "--min-count 0: too small"),
        (UsageError("not both", setting="init_keep", value=True), "--init-keep: not both"),
        (UsageError("no", setting="token_pattern", value="a b"), "--token-pattern 'a b': no"),
        (InputError("give `validation`", path="a\nb"), "a b: give --val"),
        (InputError("give a larger `max_vocab` than 5"), "give a larger --max-vocab than 5"),
        (InputError("run `ls` first"), "run `ls` first"),
        (InputError("file `alpha beta` is not there"), "file `alpha beta` is not there"),
    ],
)
def test_the_command_line_shows_flags_where_errors_name_settings(
    error: Xw2vError, line: str
) -> None:
    assert line_of(error) == line


TOML = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "window",
                    "alpha",
                    "input",
                    "output",
                    "epochs",
                    "x",
                    "model",
                    "lowercase",
                    "[t]",
                    "a.b",
                ]
            ),
            st.sampled_from(
                [
                    "1",
                    "-1",
                    "1e999",
                    "nan",
                    "true",
                    "'a'",
                    "[]",
                    "[0]",
                    "{}",
                    "1979-05-27",
                    "0x7fffffff",
                ]
            ),
        ),
        max_size=5,
    ).map(lambda pairs: "\n".join(f"{key} = {value}" for key, value in pairs).encode()),
)


@given(TOML)
def test_any_bytes_are_options_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(data)
    with suppress(UsageError, InputError):
        settings, _ = read_config(str(path))
        Settings.from_mapping(settings)
