"""The CUDA sources beside this file, compiled for one dtype, and cuBLAS's batched products."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache, partial
from operator import index
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from xw2v_cupy.signatures import Parameter, Signature, signatures

SOURCES = (
    "warp", "philox", "gather", "gradients", "groups", "tiles", "pairs", "cbow", "scatter",
    "update", "ngrams", "sampling",
)  # fmt: skip
WARP_SIZE = 32  # threads of a warp, which works on one row
WARPS_PER_BLOCK = 8
REALS = {"float32": "float", "float64": "double"}
NULL = 0  # for a pointer
FIXED_POINT_BITS = 40  # after the point: sums of less than 4 million, in steps of 1e-12


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


def blocks_of(warps: int) -> int:
    """Thread blocks that have so many warps."""
    return -(-warps // WARPS_PER_BLOCK)


class Launch:
    """A kernel and its arguments, ready to be run often.

    The arguments lie in memory of the host as the driver reads them, 8 bytes each, so that a run
    writes those alone that have changed.

    Args:
        kernels: what runs it.
        signature: of the kernel.
        blocks: thread blocks that it is run with.
        shared_bytes: shared memory of each.
        fixed: the arguments that are the same in every run, by name; arrays are kept alive.
    """

    def __init__(
        self,
        kernels: Kernels,
        signature: Signature,
        blocks: int,
        shared_bytes: int,
        fixed: dict[str, Any],
    ) -> None:
        self.blocks = blocks
        self._signature = signature
        self._run = kernels.runner(signature.name, shared_bytes)
        self._fixed = fixed
        parameters = signature.parameters
        integers = (ctypes.c_int64 * len(parameters))()
        doubles = (ctypes.c_double * len(parameters)).from_buffer(integers)
        self._slots: dict[str, tuple[Any, int, Callable[[Any], int | float]]] = {}
        for place, each in enumerate(parameters):
            values = doubles if each.type == "double" else integers
            self._slots[each.name] = values, place, kernels.encoder(each)
        first = ctypes.addressof(integers)
        places = range(first, first + 8 * len(parameters), 8)
        self._addresses = (ctypes.c_void_p * len(parameters))(*places)
        self._arguments = ctypes.addressof(self._addresses)
        self._changing = self._slots.keys() - fixed.keys()
        signature.check(fixed.keys() | self._changing, self._slots)
        self._write(fixed)

    def __call__(self, **changing: Any) -> None:
        """Run the kernel.

        Args:
            changing: by the names of the kernel's parameters, all that are not fixed: arrays for
                pointers (NULL for none), int for integer, float for double.

        Raises:
            TypeError: a missing or unknown argument.
        """
        if changing.keys() != self._changing:
            self._signature.check(changing, self._changing)
        self._write(changing)
        if self.blocks:
            self._run(self.blocks, self._arguments)

    def _write(self, arguments: dict[str, Any]) -> None:
        for name, value in arguments.items():
            values, place, encode = self._slots[name]
            values[place] = encode(value)


class Kernels:
    """Launches kernels and products on CuPy's current device.

    Args:
        cupy: the library.
        dtype: of tables and gradients, float32 or float64.
        deterministic: sum gradients in fixed-point numbers, so that the order in which the device
            adds them changes nothing.

    Attributes:
        sum_dtype: of sums of gradients.
        shared_limit: bytes of shared memory that a thread block can have.
    """

    shared_limit: int

    def __init__(self, cupy: Any, dtype: Any, *, deterministic: bool = False) -> None:
        self.library = cupy
        self.dtype = np.dtype(dtype)
        self.deterministic = deterministic
        self.sum_dtype = np.dtype(np.int64) if deterministic else self.dtype
        self._launches: dict[str, Launch] = {}
        macros = [f"-DREAL={REALS[self.dtype.name]}"]
        if deterministic:
            macros.append(f"-DFIXED_POINT={FIXED_POINT_BITS}")
        self._compile(*macros)

    def _compile(self, *macros: str) -> None:
        options = ("--std=c++14", *macros)
        self._module = self.library.RawModule(code=cuda_source(), options=options)
        self._module.compile()  # now, and not in the first step
        self.shared_limit = self.library.cuda.Device().attributes["MaxSharedMemoryPerBlockOptin"]
        self._one, self._zero = np.ones((), self.dtype), np.zeros((), self.dtype)

    def prepare(self, name: str, blocks: int, shared_bytes: int = 0, /, **fixed: Any) -> Launch:
        """A kernel that is to be run with `blocks` thread blocks, each with so many bytes of shared
        memory; fixed: see `Launch`.
        """
        return Launch(self, kernel_signatures()[name], blocks, shared_bytes, fixed)

    def launch(self, name: str, warps: int, /, **arguments: Any) -> None:
        """Run a kernel once, with `warps` warps; arguments: all, see `Launch`."""
        if name not in self._launches:
            self._launches[name] = self.prepare(name, 0)
        self._launches[name].blocks = blocks_of(warps)
        self._launches[name](**arguments)

    def runner(self, name: str, shared_bytes: int) -> Callable[[int, int], None]:
        """What runs a kernel: with so many thread blocks, and the address of an array of the
        addresses of its arguments.
        """
        function = self._module.get_function(name)
        if shared_bytes:  # or it gets 48 kB at most
            function.max_dynamic_shared_size_bytes = self.shared_limit
        kernel, cuda = function.kernel.ptr, self.library.cuda
        launch, stream = cuda.driver.launchKernel, cuda.get_current_stream

        def run(blocks: int, arguments: int) -> None:
            threads = WARP_SIZE, WARPS_PER_BLOCK, 1
            launch(kernel, blocks, 1, 1, *threads, shared_bytes, stream().ptr, arguments, 0)

        return run

    def encoder(self, parameter: Parameter) -> Callable[[Any], int | float]:
        """From an argument for a parameter to the number that is passed: an array's address."""
        if not parameter.type.endswith("*"):
            return float if parameter.type == "double" else index
        return lambda array: NULL if isinstance(array, int) else array.data.ptr

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
        """A batched product of arrays that stay in place, and that the caller keeps alive, ready to
        be run often: out[i] = left[i] right[i].

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
