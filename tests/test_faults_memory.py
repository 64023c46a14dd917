"""Memory that would not suffice (docs/reliability.md)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from runs import POSIX, command, last_line, run

from xw2v.errors import InputError
from xw2v.settings import Settings
from xw2v.training import memory


@pytest.mark.parametrize("limit", [2**27, 2**29, 2**30])
def test_memory_that_would_not_suffice_is_reported_with_what_would(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, words = Settings(vector_size=1000), 1_000_000
    monkeypatch.setattr(memory, "available", lambda: (limit, "a test"))
    with pytest.raises(
        InputError, match=r"need .* GiB of memory, and .* are left \(a test\)"
    ) as error:
        memory.check_memory(settings, words)
    size, most = (
        re.search(r"`vector_size` (\d+)", str(error.value)),
        re.search(r"`max_vocab` (\d+)", str(error.value)),
    )
    assert most or limit == 2**27
    if size:
        memory.check_memory(Settings(vector_size=int(size[1])), words)
    if most:
        memory.check_memory(settings, int(most[1]))
        with pytest.raises(InputError):
            memory.check_memory(settings, int(most[1]) + 1)
    memory.check_memory(Settings(vector_size=10), 100)


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc"
)
def test_the_estimate_is_above_what_a_run_takes_and_not_far() -> None:
    """Peak memory of a real run, over what it took before it began to train."""
    script = (
        "import re\n"
        "from xw2v.text.corpus import Corpus; from xw2v.training.memory import needed\n"
        "from xw2v.training.run import run_training; from xw2v.settings import Settings\n"
        # not ru_maxrss, which a child process begins with its parent's
        "status = lambda: open('/proc/self/status').read()\n"
        "peak = lambda: 1024 * int(re.search(r'VmHWM:\\s*(\\d+)', status())[1])\n"
        "words = [f'w{i}' for i in range(60_000)]\n"
        "lines = [words[i:i + 20] for i in range(0, len(words), 20)]\n"
        "corpus = Corpus.from_sentences(lines, min_count=1)\n"
        "settings, before = Settings(vector_size=500, epochs=1), peak()\n"
        "run = run_training(corpus, settings)\n"
        "combined = sum(run.parameters) / 2  # as it is written\n"
        "print(peak() - before, needed(settings, len(words)))\n"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    taken, estimate = map(int, printed.stdout.split())
    assert 0.5 * estimate < taken < estimate


@POSIX
def test_a_limit_of_the_address_space_is_reported_before_the_run(
    words_file: Path, tmp_path: Path
) -> None:
    line = command(
        words_file, output=str(tmp_path / "output"), vector_size="65536", batch_tokens="1024"
    )
    code, _, error = run(["sh", "-c", 'ulimit -v 900000; exec "$0" "$@"', *line])
    assert code == 1
    assert "of memory, and" in last_line(error)
    assert "(ulimit -v)" in last_line(error)
