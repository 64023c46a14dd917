// What the kernels share. A warp of 32 threads works on one row of an array, its lanes on the row's
// dimensions. Compiled as one source with the other .cu files; REAL is the tables' dtype, thread
// blocks are (WARP_SIZE, WARPS_PER_BLOCK).

#ifndef REAL
#define REAL float
#endif

typedef REAL real;
typedef long long integer;         // ids and sizes, as the arrays hold them
typedef unsigned long long count;  // what atomics add up; holds the same bits as an integer

// What atomics add gradients up in: floating-point numbers, whose last bits depend on the order in
// which the device gets to them, or with FIXED_POINT integers of as many bits after the point,
// which no order changes. These use half the range: a sum in the other half has overflowed, or a
// non-finite value was added, and reads as NaN, so that the loss shows that a run diverges. Two
// overflows may cancel, but not in all the rows of a batch; and a row with a NaN keeps it.
#ifdef FIXED_POINT
typedef count Sum;
__device__ inline Sum to_sum(real value) {
    return (Sum)llrint(value * (real)(1ll << FIXED_POINT));
}
__device__ inline real from_sum(Sum sum) {
    const Sum half_range = 1ull << 62;
    if ((long long)(sum + half_range) < 0) return nan("");
    return (real)(long long)sum * (1 / (real)(1ll << FIXED_POINT));
}
#else
typedef real Sum;
__device__ inline Sum to_sum(real value) { return value; }
__device__ inline real from_sum(Sum sum) { return sum; }
#endif

static_assert(WARP_SIZE == 32, "a shuffle exchanges values between the 32 threads of a CUDA warp");
static_assert(WARP_SIZE * WARPS_PER_BLOCK <= 1024, "a thread block has 1024 threads at most");
static_assert(sizeof(integer) == 8 && sizeof(count) == 8, "ids and counts are int64 arrays");
static_assert(sizeof(real) == 4 || sizeof(real) == 8, "tables are float32 or float64");

// of a thread block; each kernel says what it holds
extern __shared__ __align__(32) real shared[];

// Thread blocks that a multiprocessor is to hold at once in the large kernels, which limits the registers of a thread.
#if __CUDA_ARCH__ >= 900
#define BLOCKS 4
#else
#define BLOCKS 3
#endif

// The row that this thread's warp works on.
__device__ inline integer warp_row() { return (integer)blockIdx.x * blockDim.y + threadIdx.y; }

template <typename T> __device__ inline T warp_sum(T value) {
    for (int distance = WARP_SIZE / 2; distance > 0; distance /= 2)
        value += __shfl_xor_sync(0xffffffffu, value, distance);
    return value;
}
