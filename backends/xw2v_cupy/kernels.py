"""The CUDA sources beside this file, compiled for one dtype, and cuBLAS's batched products."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from xw2v_cupy.signatures import Signature, signatures

SOURCES = (
    "warp", "philox", "gather", "gradients", "groups", "tiles", "pairs", "cbow", "scatter",
    "update", "ngrams", "sampling",
)  # fmt: skip
WARP_SIZE = 32  # threads of a warp, which works on one row
WARPS_PER_BLOCK = 8
REALS = {"float32": "float", "float64": "double"}
NULL = 0  # for a pointer


@cache
def cuda_source() -> str:
    """All kernels as one source."""
    sizes = f"#define WARP_SIZE {WARP_SIZE}\n#define WARPS_PER_BLOCK {WARPS_PER_BLOCK}\n"
    return sizes + "".join(
        (Path(__file__).parent / f"{name}.cu").read_text(encoding="utf-8") for name in SOURCES
    )


@cache
def kernel_signatures() -> dict[str, Signature]:
    """The kernels of `cuda_source` by name."""
    return signatures(cuda_source())


class Kernels:
    """Launches kernels and products on CuPy's current device.

    Args:
        cupy: the library.
        dtype: of tables and gradients, float32 or float64.

    Attributes:
        shared_limit: bytes of shared memory that a thread block can have.
    """

    shared_limit: int

    def __init__(self, cupy: Any, dtype: Any) -> None:
        self.library = cupy
        self.dtype = np.dtype(dtype)
        self._functions: dict[str, Any] = {}
        self._prepare(REALS[self.dtype.name])

    def _prepare(self, real: str) -> None:
        options = ("--std=c++14", f"-DREAL={real}")
        self._module = self.library.RawModule(code=cuda_source(), options=options)
        self.shared_limit = self.library.cuda.Device().attributes["MaxSharedMemoryPerBlockOptin"]
        self._one, self._zero = np.ones((), self.dtype), np.zeros((), self.dtype)

    def launch(self, name: str, warps: int, /, **arguments: Any) -> None:
        """Run a kernel with `warps` warps, one for each row that it works on.

        Args:
            arguments: by the names of the kernel's parameters: arrays for pointers (NULL for none),
                int for integer, float for double.

        Raises:
            TypeError: a missing or unknown argument.
        """
        ordered = kernel_signatures()[name].ordered(arguments)
        if warps:
            self._run(name, -(-warps // WARPS_PER_BLOCK), 0, ordered)

    def launch_blocks(self, name: str, blocks: int, shared_bytes: int, /, **arguments: Any) -> None:
        """Run a kernel with `blocks` thread blocks, each with so many bytes of shared memory; see
        `launch`.
        """
        self._run(name, blocks, shared_bytes, kernel_signatures()[name].ordered(arguments))

    def _run(self, name: str, blocks: int, shared_bytes: int, arguments: tuple[Any, ...]) -> None:
        if name not in self._functions:
            function = self._functions[name] = self._module.get_function(name)
            if shared_bytes:  # or it gets 48 kB at most
                function.max_dynamic_shared_size_bytes = self.shared_limit
        threads = WARP_SIZE, WARPS_PER_BLOCK
        self._functions[name]((blocks,), threads, arguments, shared_mem=shared_bytes)

    def product(
        self,
        left: Any,
        right: Any,
        out: Any,
        *,
        left_t: bool = False,
        right_t: bool = False,
        add: bool = False,
    ) -> Callable[[], None]:
        """A batched product of arrays that stay in place, ready to be run often: out[i] = left[i]
        right[i].

        Args:
            left, right, out: (batch, rows, columns) with adjacent columns; left and right may be
                views whose matrices overlap.
            left_t, right_t: take the transposes of each left, right.
            add: add to what is in `out`.

        Returns:
            What runs it, in one cuBLAS call.
        """
        from cupy.cuda import cublas
        from cupy.cuda.device import get_cublas_handle

        gemm = gemm_of(left, right, out, left_t, right_t)
        beta = self._one if add else self._zero
        return partial(
            cublas.dgemmStridedBatched if self.dtype == np.float64 else cublas.sgemmStridedBatched,
            get_cublas_handle(),
            gemm.transa,
            gemm.transb,
            gemm.m,
            gemm.n,
            gemm.k,
            self._one.ctypes.data,
            right.data.ptr,
            gemm.lda,
            gemm.stride_a,
            left.data.ptr,
            gemm.ldb,
            gemm.stride_b,
            beta.ctypes.data,
            out.data.ptr,
            gemm.ldc,
            gemm.stride_c,
            gemm.batch,
        )


class Gemm(NamedTuple):
    """The sizes of a column-major C = op(A) op(B), as cuBLAS takes them; op is 0 for itself, 1
    transposed.
    """

    transa: int
    transb: int
    m: int
    n: int
    k: int
    lda: int
    stride_a: int
    ldb: int
    stride_b: int
    ldc: int
    stride_c: int
    batch: int


def gemm_of(left: Any, right: Any, out: Any, left_t: bool, right_t: bool) -> Gemm:
    """cuBLAS's view of row-major out = left right: a row-major matrix is its transpose in
    column-major order, so it computes outᵀ = rightᵀ leftᵀ, with `right` as its A and `left` as its
    B."""

    def steps(array: Any) -> tuple[int, int]:
        size = array.itemsize
        if array.strides[2] != size:
            raise ValueError("a product wants matrices with adjacent columns")
        return array.strides[1] // size, array.strides[0] // size

    batch, rows, columns = out.shape
    k = left.shape[1] if left_t else left.shape[2]
    return Gemm(
        int(right_t), int(left_t), columns, rows, k, *steps(right), *steps(left), *steps(out), batch
    )
