"""Engines that change valid inputs, or make new ones, and feed them to a reader.

An engine takes the reader, the number of inputs, a seed, the valid inputs and what is called at the
end.
"""

from __future__ import annotations

import random
import sys
import tempfile
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from pathlib import Path

Report = Callable[[], None]


TOKENS = (
    *(b"nan", b"-inf", b"1e999", b"1e-50", b"-", b"0x1p3", b"1_0", b"", b" ", b"\t", b"\n"),
    *(b"\r\n", b"\0", b"\xff", b"99999999999", b"0", b"-1", b"1 1", b"\xe2\x80", b"[" * 3000),
    *(b"{", b"null", b"9" * 400, b"\x1f\x8b", b"'" * 9, b"\n" * 50, b" " * 50, b": ", b"#"),
    *(b"(2**99,)", b"1000000000 300\n", b"inf 3\n", b"3 1000000000\n", b'"', b",", b";", b", "),
    *(BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE, "a 1\n".encode("utf-16-le"), b"," * 300, b'"\n"'),
    *(bytes(257) + b"ustar", b"PK\x03\x04", b"\x80\x04", b"route 66", b"e\xcc\x81", b"\xc2\xa0"),
)


def mutate(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """`data` with one to four random changes."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        place = rng.randrange(len(out) + 1)
        end = min(len(out), place + rng.choice((1, 1, 2, 4, 8, 40, 200)))
        kind = rng.randrange(9)
        if kind == 0 and place < len(out):
            out[place] ^= 1 << rng.randrange(8)
        elif kind == 1 and place < len(out):
            out[place] = rng.randrange(256)
        elif kind == 2:
            del out[place:end]
        elif kind == 3:
            out[place:place] = rng.choice(TOKENS)
        elif kind == 4:
            out[place:end] = rng.choice(TOKENS)
        elif kind == 5:
            out[place:place] = out[place:end] * rng.choice((1, 2, 30))
        elif kind == 6:
            del out[place:]
        elif kind == 7:
            out[place:] = out[place:].replace(b" ", rng.choice((b"  ", b"\t", b",", b", ", b" ;")))
        else:
            other = rng.choice(others)
            out[place:end] = other[rng.randrange(len(other)) :][: rng.choice((4, 20, 400))]
        if len(out) < 3:
            break
    return bytes(out[: 1 << 16])


def run_mutations(
    feed: Callable[[bytes], None], count: int, seed: int, start: list[bytes], report: Report
) -> None:
    rng = random.Random(seed)
    for _ in range(count):
        data = mutate(rng.choice(start), start, rng)
        _fed(feed, data)
    report()


def run_hypothesis(
    feed: Callable[[bytes], None], count: int, seed: int, start: list[bytes], report: Report
) -> None:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import seed as with_seed
    from hypothesis import strategies as st

    field = st.sampled_from([*TOKENS, b"1", b"2.5", b"-3e-2", b"word", b"the", b"7 3"]) | st.binary(
        max_size=6
    )
    line = st.lists(field, max_size=6).map(b" ".join) | st.lists(field, max_size=6).map(b"\t".join)
    header = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda n: b"%d %d" % n)
    text = st.tuples(header | line, st.lists(line, max_size=6)).map(
        lambda t: b"\n".join([t[0], *t[1]])
    )
    reader = st.binary(min_size=1, max_size=1)
    made = st.tuples(reader, st.just(b"\0\0"), text | st.binary(max_size=100)).map(b"".join)
    changed = st.tuples(st.sampled_from(start), st.integers(3, 400), field).map(
        lambda t: t[0][: t[1]] + t[2] + t[0][t[1] + 1 :]
    )
    checks = list(HealthCheck)

    @with_seed(seed)
    @settings(max_examples=count, database=None, deadline=None, suppress_health_check=checks)
    @given(made | changed)
    def fuzz(data: bytes) -> None:
        _fed(feed, data)

    fuzz()
    report()


def run_atheris(
    feed: Callable[[bytes], None], count: int, seed: int, start: list[bytes], report: Report
) -> None:
    import atheris

    corpus = Path(tempfile.mkdtemp())
    for number, data in enumerate(start):
        (corpus / str(number)).write_bytes(data)
    for module in [name for name in sys.modules if name.startswith("xw2v.")]:
        for function in vars(sys.modules[module]).values():
            if (
                callable(function)
                and getattr(function, "__module__", None) == module
                and hasattr(function, "__code__")
            ):
                atheris.instrument_func(function)
    options = [
        f"-runs={count}",
        f"-seed={seed}",
        "-max_len=4096",
        "-verbosity=0",
        f"-artifact_prefix={corpus}/",
    ]
    done = 0

    def one(data: bytes) -> None:
        nonlocal done
        _fed(feed, data)
        done += 1
        if done == count:  # libFuzzer ends the process after this one
            report()

    atheris.Setup([sys.argv[0], *options, str(corpus)], one)
    atheris.Fuzz()


def _fed(feed: Callable[[bytes], None], data: bytes) -> None:
    try:
        feed(data)
    except BaseException:
        print(f"\ninput of {len(data)} bytes: {data[:2000]!r}", file=sys.stderr)
        raise
