// What the kernels share. A warp of 32 threads works on one row of an array, its lanes on the row's numbers.
// Compiled as one source with the other .cu files; REAL is the tables' dtype, blocks are (LANES, WARPS).

#ifndef REAL
#define REAL float
#endif

typedef REAL real;
typedef long long integer;  // ids and sizes, as the arrays hold them

extern __shared__ real shared[];  // of a thread block; each kernel says what lies there

// The row that this thread's warp works on.
__device__ inline integer warp_row() { return (integer)blockIdx.x * blockDim.y + threadIdx.y; }

template <typename T> __device__ inline T warp_sum(T value) {
    for (int apart = LANES / 2; apart > 0; apart /= 2) value += __shfl_xor_sync(0xffffffffu, value, apart);
    return value;
}

// Element i of two lists, one after the other.
__device__ inline integer element(const integer* first, integer count, const integer* second, integer i) {
    return i < count ? first[i] : second[i - count];
}
