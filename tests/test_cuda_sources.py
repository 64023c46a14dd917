"""The CUDA kernels and step without a GPU: compiled for GPUs, and run on the CPU against oracles.

`cuda_on_cpu` executes the very sources, thread by thread; it cannot show a race between threads,
nor speed.
"""

from __future__ import annotations

import shutil
import subprocess
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cuda_on_cpu import CpuCupyBackend, CpuKernels
from oracles import assert_rows_close, random_batch, random_tables, slow_step, small_config
from xw2v_cupy.groups import GroupMeans
from xw2v_cupy.kernels import FIXED_POINT_BITS, NULL, cuda_source, kernel_signatures
from xw2v_cupy.step import CupyStep
from xw2v_cupy.sums import RowSums

from xw2v.errors import OutOfMemoryError
from xw2v.sgns.composition import center_ids
from xw2v.sgns.config import ModelShape, StepConfig
from xw2v.sgns.interface import Batch, Tables
from xw2v.sgns.loading import load_backend

VOCAB_SIZE, DIM, TOKENS = 60, 37, 64  # a row is more than a warp and no multiple of it
CONFIGS = {
    "skip-gram": {},
    "tied": {"tied": True},
    "decay": {"weight_decay": 0.1},
    "wide window": {"window": 9, "block": 4},
    "block is the span": {"window": 1, "block": 1},
    "many negatives": {"shared_negatives": 40},
    "small groups": {"group": 8, "tied": True, "weight_decay": 0.1},
    "one group": {"group": 64},
}
KINDS = {
    "products": {"fused": False, "deterministic": False},
    "fused": {"fused": True, "deterministic": False},
    "deterministic products": {"fused": False, "deterministic": True},
    "deterministic": {"fused": True, "deterministic": True},
}
FIXED_POINT_TOLERANCE = 1e-9
LAUNCHES = {"products": 14, "fused": 3, "deterministic": 3}


@pytest.mark.parametrize("sums", ["", f"-DFIXED_POINT={FIXED_POINT_BITS}"])
@pytest.mark.parametrize("real", ["float", "double"])
@pytest.mark.parametrize("architecture", [75, 80, 90])
def test_nvcc_compiles_the_sources(tmp_path: Path, architecture: int, real: str, sums: str) -> None:
    nvcc = shutil.which("nvcc")
    if nvcc is None:
        pytest.skip("no nvcc")
    source = tmp_path / "kernels.cu"
    source.write_text(cuda_source(), encoding="utf-8")
    flags = [
        "-std=c++14",
        f"-arch=sm_{architecture}",
        f"-DREAL={real}",
        *filter(None, [sums]),
        "--Werror",
        "all-warnings",
        "-cubin",
    ]
    subprocess.run([nvcc, *flags, "-o", str(tmp_path / "kernels.cubin"), str(source)], check=True)


@pytest.mark.parametrize("architecture", [80, 90])
def test_nvrtc_compiles_the_sources(architecture: int) -> None:
    pytest.importorskip("cupy")
    from cupy.cuda import nvrtc

    try:
        nvrtc.getVersion()
    except (ImportError, RuntimeError):
        pytest.skip("no NVRTC")
    program = nvrtc.createProgram(cuda_source(), "kernels.cu", (), ())
    nvrtc.compileProgram(program, ("--std=c++14", f"-arch=sm_{architecture}"))
    assert b"bounded_update" in nvrtc.getCUBIN(program)
    assert ("add.v4.f32" in str(nvrtc.getPTX(program))) == (architecture >= 90)  # fast sums


def batch_with_padding(rng: np.random.Generator, config: StepConfig) -> Batch:
    """A batch whose last group, and with it a part of the batch, has no pairs."""
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    padding = slice(-min(config.group, TOKENS // 2), None)
    batch.left[padding] = batch.right[padding] = 0
    return batch


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("changes", CONFIGS.values(), ids=CONFIGS.keys())
def test_step_equals_a_loop_over_pairs(
    changes: dict[str, Any], options: dict[str, bool], dtype: Any, tolerance: float
) -> None:
    """Three steps on end, so that what one leaves behind would show in the next."""
    config = small_config(**changes)
    rng = np.random.default_rng(0)
    tables = random_tables(rng, VOCAB_SIZE, DIM, dtype, config.tied)
    kernels = CpuKernels(dtype, deterministic=options["deterministic"])
    step = CupyStep(config, lambda dtype: kernels, fused=options["fused"])
    if options["deterministic"]:
        tolerance = max(tolerance, FIXED_POINT_TOLERANCE)
    expected = Tables(*(part.astype(np.float64) for part in tables))
    for _ in range(3):
        batch = batch_with_padding(rng, config)
        expected, expected_loss = slow_step(config, expected, batch, 0.2)
        assert float(step(tables, batch, 0.2, measure=True)) == pytest.approx(
            expected_loss, rel=tolerance
        )
    assert_rows_close(tables.center, expected.center, 3 * tolerance)
    assert_rows_close(tables.context, expected.context, 3 * tolerance)


@pytest.mark.parametrize("tied", [False, True])
def test_rows_longer_than_shared_memory_go_through_it_in_strips(tied: bool) -> None:
    """And blocks that do not fit at all are left to the products."""
    config, rng = small_config(tied=tied), np.random.default_rng(2)
    tables = random_tables(rng, VOCAB_SIZE, 3 * DIM, tied=tied)
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    expected, _ = slow_step(config, tables, batch, 0.2)
    for limit, gradients in ((20_000, "pair_gradients"), (10_000, "score_gradients")):
        kernels = CpuKernels(np.float64)
        kernels.shared_limit = limit
        moved = copied(tables)
        CupyStep(config, lambda dtype, kernels=kernels: kernels)(moved, batch, 0.2)
        assert gradients in kernels.launched
        assert_rows_close(moved.center, expected.center, 1e-12)
        assert_rows_close(moved.context, expected.context, 1e-12)


@pytest.mark.parametrize("window", [1, 9, 27, 60])  # up to two strips of columns for a warp
@pytest.mark.parametrize(
    "dim", [20, 90, 128, 150]
)  # one column for a lane, three, four, and four and then one
def test_the_fused_kernels_products_of_every_shape(dim: int, window: int) -> None:
    config, rng = small_config(window=window, group=16, block=16), np.random.default_rng(5)
    tables = random_tables(rng, VOCAB_SIZE, dim)
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    expected, _ = slow_step(config, tables, batch, 0.2)
    kernels = CpuKernels(np.float64)
    CupyStep(config, lambda dtype: kernels)(tables, batch, 0.2)
    assert "pair_gradients" in kernels.launched
    assert_rows_close(tables.center, expected.center, 1e-12)
    assert_rows_close(tables.context, expected.context, 1e-12)


def copied(tables: Tables) -> Tables:
    center = tables.center.copy()
    return Tables(center, center if tables.context is tables.center else tables.context.copy())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tied", [False, True])
def test_deterministic_steps_do_not_depend_on_the_order_of_threads(kind: str, tied: bool) -> None:
    """Bit-equal with the threads run forwards and backwards; the other steps show that the order
    matters.
    """
    config, rng = small_config(tied=tied), np.random.default_rng(3)
    tables = random_tables(rng, VOCAB_SIZE, DIM, np.float32, tied)
    batches = [random_batch(rng, config, VOCAB_SIZE, TOKENS) for _ in range(2)]
    fused, deterministic = KINDS[kind].values()
    results = []
    for backwards in (False, True):
        kernels = CpuKernels(np.float32, deterministic=deterministic, backwards=backwards)
        step = CupyStep(config, lambda dtype, kernels=kernels: kernels, fused=fused)
        moved = copied(tables)
        losses = [float(step(moved, batch, 0.2, measure=True)) for batch in batches]
        results.append((*moved, losses))
    assert all(map(np.array_equal, *results)) == deterministic


@pytest.mark.parametrize("tied", [False, True])
def test_sums_are_cleared(tied: bool) -> None:
    config, rng = small_config(tied=tied), np.random.default_rng(4)
    kernels, tables = CpuKernels(np.float32), random_tables(rng, VOCAB_SIZE, DIM, np.float32, tied)
    sums = RowSums(kernels, config, ModelShape.of_words(VOCAB_SIZE, DIM))
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    groups = GroupMeans(config, kernels, TOKENS, DIM, sums)
    sums.prepare(TOKENS, groups.context_ids, groups.means)
    groups(tables, batch)
    pairs = batch.left.sum() + batch.right.sum()
    np.testing.assert_array_equal(
        sums.context.pairs.sum(axis=0), (1 + tied) * np.array([1, config.shared_negatives]) * pairs
    )
    np.testing.assert_array_equal(groups.center_ids, center_ids(config, batch))
    sums.apply(tables, groups.center_ids, 0.1)
    assert not any(
        part.any()
        for table in (sums.center, sums.context)
        for part in (table.gradients, table.pairs)
    )


@pytest.mark.parametrize("kind", LAUNCHES)
def test_launches_do_not_depend_on_the_batch(kind: str) -> None:
    config, rng = small_config(), np.random.default_rng(1)
    fused, deterministic = KINDS[kind].values()
    kernels = CpuKernels(np.float32, deterministic=deterministic)
    step = CupyStep(config, lambda dtype: kernels, fused=fused)
    tables = random_tables(rng, VOCAB_SIZE, DIM, np.float32)
    launched = []
    for words in (1, 5, VOCAB_SIZE):
        kernels.launched.clear()
        assert step(tables, random_batch(rng, config, words, TOKENS), 0.1) is None
        launched.append(tuple(kernels.launched))
    assert len(set(launched)) == 1
    assert len(launched[0]) == LAUNCHES[kind]


GATHER = {"D": 2, "ids": np.zeros(1, np.int64), "n_ids": 1, "table": np.ones((1, 2), np.float32)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, r"kernel gather: the argument 'rows' is missing"),
        ({"rows": NULL, "row": NULL}, r"kernel gather has no parameter 'row'"),
    ],
)
def test_a_launch_with_a_wrong_or_missing_argument_fails_with_its_name(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        CpuKernels(np.float32).launch("gather", 1, **GATHER, **change)


def test_a_batch_with_another_field_fails_at_the_kernels_that_take_its_fields() -> None:
    arguments = {each.name: NULL for each in kernel_signatures()["group_means"].parameters}
    with pytest.raises(TypeError, match="kernel group_means has no parameter 'weights'"):
        CpuKernels(np.float32).prepare("group_means", 1, **arguments, weights=NULL)


def test_a_prepared_launch_takes_what_changes_and_no_more() -> None:
    rows, table = np.zeros((1, 2), np.float32), np.arange(4, dtype=np.float32).reshape(2, 2)
    fixed = {"D": 2, "n_ids": 1, "table": table, "rows": rows}
    gather = CpuKernels(np.float32).prepare("gather", 1, **fixed)
    for id in (1, 0, 1):
        gather(ids=np.array([id]))
        np.testing.assert_array_equal(rows[0], table[id])
    with pytest.raises(TypeError, match="kernel gather: the argument 'ids' is missing"):
        gather()
    with pytest.raises(TypeError, match="kernel gather has no parameter 'D'"):
        gather(ids=np.array([0]), D=2)  # that it was prepared with


def test_a_prepared_launch_keeps_its_arrays_alive() -> None:
    """Of which it has the addresses alone; what changes is read before a later launch can reuse its
    memory, since a stream runs them in order.
    """
    table, rows = np.ones((1, 2), np.float32), np.zeros((1, 2), np.float32)
    alive = weakref.ref(table)
    gather = CpuKernels(np.float32).prepare("gather", 1, D=2, n_ids=1, table=table, rows=rows)
    del table
    gather(ids=np.zeros(1, np.int64))
    assert alive() is not None
    np.testing.assert_array_equal(rows, 1)
    del gather
    assert alive() is None


def test_steps_that_share_their_kernels_do_not_share_their_launches() -> None:
    """Two steps alive at once, taken in turn, move tables as each would alone."""
    config, rng, kernels = small_config(), np.random.default_rng(8), CpuKernels(np.float64)
    steps = [CupyStep(config, lambda dtype: kernels, fused=fused) for fused in (True, False)]
    tables = [random_tables(rng, VOCAB_SIZE, dim) for dim in (DIM, 8)]
    expected = [copied(each) for each in tables]
    for _ in range(2):
        for step, moved, other in zip(steps, tables, expected, strict=True):
            batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
            step(moved, batch, 0.2)
            for part, found in zip(other, slow_step(config, other, batch, 0.2)[0], strict=True):
                part[...] = found
    for moved, other in zip(tables, expected, strict=True):
        assert_rows_close(moved.center, other.center, 1e-11)
        assert_rows_close(moved.context, other.context, 1e-11)


def test_an_argument_of_another_type_is_refused_by_the_emulation() -> None:
    wrong = GATHER | {"ids": np.zeros(1, np.int32), "rows": np.ones((1, 2), np.float32)}
    with pytest.raises(AssertionError, match="name='ids'"):
        CpuKernels(np.float32).launch("gather", 1, **wrong)
    with pytest.raises(TypeError, match="float"):
        CpuKernels(np.float32).prepare("gather", 1, n_ids=1.0)


def test_signatures_hold_every_kernel_of_the_sources() -> None:
    kernels = kernel_signatures()
    assert len(kernels) == cuda_source().count("__global__ void")
    assert [(each.type, each.name) for each in kernels["gather"].parameters] == [
        ("integer", "D"),
        ("const integer*", "ids"),
        ("integer", "n_ids"),
        ("const real*", "table"),
        ("real*", "rows"),
    ]


def test_too_little_device_memory_is_one_line_with_what_to_do() -> None:
    def no_memory(dtype: Any) -> CpuKernels:
        raise MemoryError("Out of memory allocating 1,024 bytes\n(allocated so far: 0 bytes).")

    config, rng = small_config(), np.random.default_rng(6)
    step, tables = CupyStep(config, no_memory), random_tables(rng, VOCAB_SIZE, DIM)
    with pytest.raises(
        OutOfMemoryError, match=r"out of device memory .*1,024.*; give a smaller"
    ) as caught:
        step(tables, random_batch(rng, config, VOCAB_SIZE, TOKENS), 0.1)
    assert "\n" not in str(caught.value)


def test_a_runs_record_names_the_device_and_its_gpu() -> None:
    assert CpuCupyBackend().device_model == "emulated (the CPU)"
    assert load_backend("numpy").device_model == "cpu"
