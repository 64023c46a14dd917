// Products of small matrices in shared memory, by tiles of registers. Rows are moved four numbers
// at a time, and so all that is read has whole quads: a row there is `pitch` numbers long, the
// least odd number of quads that it fits into, so that the quads of eight rows are in all 32
// banks; and what is beyond the end of a row or of the rows, up to a multiple of TILE, holds
// zeros.

#define TILE 4  // rows of a register tile, and numbers of a quad

struct __align__(TILE * sizeof(real)) Quad {
    real at[TILE];
};

__device__ inline int whole_tiles(int n) { return (n + TILE - 1) / TILE * TILE; }
__device__ inline int pitch_of(int width) { return ((width + TILE - 1) / TILE | 1) * TILE; }

__device__ inline Quad& quad(real* from) { return *reinterpret_cast<Quad*>(from); }
__device__ inline const Quad& quad(const real* from) {
    return *reinterpret_cast<const Quad*>(from);
}

// The quad of a row in a table that begins at `from`, `left` numbers before the row's end;
// `aligned`: whether rows are whole quads.
__device__ inline Quad load_quad(const real* from, int left, bool aligned) {
    if (aligned) return quad(from);
    Quad values = {};
#pragma unroll
    for (int k = 0; k < TILE; ++k)
        if (k < left) values.at[k] = from[k];
    return values;
}

// The quad of a strip of `dims` dimensions that a lane works on; lanes beyond the strip repeat the
// last one.
__device__ inline int lane_quad(int dims) {
    return min(TILE * (int)threadIdx.x, (dims - 1) / TILE * TILE);
}

// Adds a row of which each lane has its quad to a row of sums, by a whole warp: as vectors, or
// where there is no atomic addition of such (before CUDA 12.1, or compute capability 9.0), by
// neighbouring lanes next to each other.
__device__ inline void add_row(Sum* sums, const Quad& values, int dims, bool aligned) {
    const int lane = threadIdx.x;
#if __CUDA_ARCH__ >= 900 && 100 * __CUDACC_VER_MAJOR__ + __CUDACC_VER_MINOR__ >= 1201
    if (sizeof(Sum) == sizeof(float) && aligned) {
        const float* at = reinterpret_cast<const float*>(values.at);
        if (TILE * lane < dims)
            atomicAdd(
                reinterpret_cast<float4*>(sums + TILE * lane),
                make_float4(at[0], at[1], at[2], at[3])
            );
        return;
    }
#endif
#pragma unroll 1
    for (int first = 0; first < dims; first += WARP_SIZE) {
        real value = 0;
#pragma unroll
        for (int k = 0; k < TILE; ++k) {
            const real other = __shfl_sync(0xffffffffu, values.at[k], (first + lane) / TILE);
            if (k == lane % TILE) value = other;
        }
        if (first + lane < dims) atomicAdd(sums + first + lane, to_sum(value));
    }
}

__device__ inline void store_quad(real* to, const Quad& values, int left, bool aligned) {
    if (aligned) {
        quad(to) = values;
        return;
    }
#pragma unroll
    for (int k = 0; k < TILE; ++k)
        if (k < left) to[k] = values.at[k];
}

// sum += factor times values
__device__ inline void add_to(Quad& sum, const Quad& values, real factor = 1) {
#pragma unroll
    for (int k = 0; k < TILE; ++k) sum.at[k] += factor * values.at[k];
}

__device__ inline real dot(const Quad& a, const Quad& b) {
    real sum = 0;
#pragma unroll
    for (int k = 0; k < TILE; ++k) sum += a.at[k] * b.at[k];
    return sum;
}

// Copies `size` bytes from a table to shared memory, asynchronously until wait_for_copies().
template <int size> __device__ inline void copy_async(real* to, const real* from) {
#if __CUDA_ARCH__ >= 800
    const unsigned address = __cvta_generic_to_shared(to);
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2;" ::"r"(address), "l"(from), "n"(size));
#else
    for (int k = 0; k < size / (int)sizeof(real); ++k) to[k] = from[k];
#endif
}

__device__ inline void wait_for_copies() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}

// The first `dims` numbers of n rows from(i) into shared memory, a warp for each; zeros after them
// and in the rows up to `end`. `dims` are TILE WARP_SIZE at most, `aligned` says whether the rows
// of the table are whole quads.
template <typename From>
__device__ inline void
copy_rows(int n, int end, From from, int dims, bool aligned, real* rows, int pitch) {
    const int d = TILE * threadIdx.x;
    if (d >= dims) return;
    for (int i = threadIdx.y; i < end; i += blockDim.y) {
        real* to = rows + i * pitch + d;
        if (i >= n) {
            quad(to) = Quad{};
            continue;
        }
        const real* row = from(i) + d;
        if (aligned) {
#pragma unroll
            for (int k = 0; k < TILE; k += 16 / sizeof(real)) copy_async<16>(to + k, row + k);
        } else {
#pragma unroll
            for (int k = 0; k < TILE; ++k) {
                if (d + k < dims) copy_async<sizeof(real)>(to + k, row + k);
                else to[k] = 0;
            }
        }
    }
}

// scores[i] += rows(i) . other, for up to R rows by J columns of each lane, WARP_SIZE apart.
//   A: the first row, R of which are read, `pitch` apart
//   B: all columns, (columns, pitch); those beyond the last repeat it and are not written
//   scores: the first row's, `row_scores` numbers apart
template <int R, int J>
__device__ inline void add_scores_of_tile(
    const real* A, const real* B, int first, int columns, int dims, int pitch, real* scores,
    int row_scores
) {
    const real* b[J];
    real sum[R][J];
#pragma unroll
    for (int j = 0; j < J; ++j) {
        const int column = min(first + j * WARP_SIZE, columns - 1);
        b[j] = B + column * pitch;
#pragma unroll
        for (int i = 0; i < R; ++i) sum[i][j] = 0;
    }
#pragma unroll 1
    for (int d = 0; d < dims; d += TILE) {
        Quad y[J];
#pragma unroll
        for (int j = 0; j < J; ++j) y[j] = quad(b[j] + d);
#pragma unroll
        for (int i = 0; i < R; ++i) {
            const Quad x = quad(A + i * pitch + d);
#pragma unroll
            for (int k = 0; k < TILE; ++k)
#pragma unroll
                for (int j = 0; j < J; ++j) sum[i][j] += x.at[k] * y[j].at[k];
        }
    }
#pragma unroll
    for (int j = 0; j < J; ++j)
        if (first + j * WARP_SIZE < columns)
#pragma unroll
            for (int i = 0; i < R; ++i)
                scores[i * row_scores + first + j * WARP_SIZE] += sum[i][j];
}

// scores (R of `row_scores` numbers) += A B^T: a warp for all columns.
template <int R>
__device__ inline void add_scores(
    const real* A, const real* B, int columns, int dims, int pitch, real* scores, int row_scores
) {
    for (int strip = 0; strip < columns; strip += TILE * WARP_SIZE) {
        const int first = strip + threadIdx.x;
        switch ((columns - strip + WARP_SIZE - 1) / WARP_SIZE) {
        case 1:
            add_scores_of_tile<R, 1>(A, B, first, columns, dims, pitch, scores, row_scores);
            break;
        case 2:
            add_scores_of_tile<R, 2>(A, B, first, columns, dims, pitch, scores, row_scores);
            break;
        case 3:
            add_scores_of_tile<R, 3>(A, B, first, columns, dims, pitch, scores, row_scores);
            break;
        default:
            add_scores_of_tile<R, TILE>(A, B, first, columns, dims, pitch, scores, row_scores);
        }
    }
}

// Four rows of a product of coefficients and rows in shared memory, a quad for each lane.
struct RowTile {
    Quad sum[TILE];

    // sum[i] += coefficient of (i, term) * quad d of rows[term], over `terms` of them, a multiple
    // of TILE.
    //   coefficients: of the tile's first row and the first term; an array's lines are `line`
    //       numbers apart, and hold terms, or if `transposed` rows of the tile
    template <bool transposed>
    __device__ void
    add(int d, const real* coefficients, int line, const real* rows, int pitch, int terms) {
        const real* row = rows + d;
        for (int term = 0; term < terms; term += TILE) {
            Quad c[TILE];
#pragma unroll
            for (int i = 0; i < TILE; ++i)
                c[i] = quad(coefficients + (transposed ? (term + i) * line : i * line + term));
#pragma unroll
            for (int k = 0; k < TILE; ++k) {
                const Quad y = quad(row + (term + k) * pitch);
#pragma unroll
                for (int i = 0; i < TILE; ++i)
                    add_to(sum[i], y, transposed ? c[k].at[i] : c[i].at[k]);
            }
        }
    }
};
