"""Numbers of the compiled step, to compare those of different platforms and compilers:

python tests/step_numbers.py here.npz                                         # write them
python tests/emulated.py --python WHEEL step_numbers.py there.npz             # there, too
python tests/step_numbers.py here.npz build/emulated/PLATFORM/tests/there.npz # compare them

They are the tables after steps of skip-gram and CBOW, tied and not, by each library that there is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from unittest import mock

import numpy as np
import xw2v_numpy.compiled as compiled
import xw2v_numpy.team as team
from oracles import random_batch, random_tables, small_config
from xw2v_numpy.kernels import FUNCTIONS, PRECISIONS, STRUCTURES

from xw2v.sgns.interface import Tables
from xw2v.storage.native import NativeLibrary, native_library

LEVELS = ("", "_x86_64_v3")
STEPS, VOCAB, DIM, BATCH_TOKENS, ALPHA = 20, 200, 50, 256, 0.1


def libraries() -> Iterator[tuple[str, type, NativeLibrary]]:
    """(Name, type of the tables, library) of each that the processor can run."""
    level = team.load_team().xw2v_processor_level().decode()
    for bits in PRECISIONS:
        for suffix in LEVELS:
            if suffix in ("", f"_{level}"):
                name = f"_kernels{bits}{suffix}"
                library = native_library(f"xw2v_numpy.{name}", STRUCTURES, FUNCTIONS)
                if library is not None:
                    yield name, np.float32 if bits == 32 else np.float64, library


def tables_after_steps(dtype: type, cbow: bool, tied: bool) -> np.ndarray:
    """Tables (2, V, D)."""
    config, rng = small_config(cbow=cbow), np.random.default_rng(7)
    center, context = random_tables(rng, VOCAB, DIM, dtype)
    tables = Tables(center, center if tied else context)
    step = compiled.CompiledStep(config)
    for _ in range(STEPS):
        step(tables, random_batch(rng, config, VOCAB, BATCH_TOKENS), ALPHA)
    return np.stack(tables)


def numbers() -> dict[str, np.ndarray]:
    """Tables by the name of the library and the kind of step."""
    found = {}
    for name, dtype, library in libraries():
        with mock.patch.object(compiled, "load_kernels", lambda bits, found=library, **_: found):
            for cbow in (False, True):
                for tied in (False, True):
                    kind = f"{name} {'CBOW' if cbow else 'skip-gram'}{' tied' if tied else ''}"
                    found[kind] = tables_after_steps(dtype, cbow, tied)
    return found


def main() -> None:
    if len(sys.argv) == 2:
        np.savez(sys.argv[1], **numbers())
        return
    here, there = (np.load(path) for path in sys.argv[1:])
    for kind in here:
        if kind in there:
            difference = np.abs(here[kind] - there[kind]).max()
            print(f"{kind}: {difference:.1e} of at most {np.abs(here[kind]).max():.1f}")


if __name__ == "__main__":
    main()
