/* Elementary functions without branches, which loops over REALs can vectorise, and sums of rows. */

#pragma once

#include <string.h>

#include "interface.h"

#define INLINE static inline __attribute__((always_inline))

/* As wide as the processor's vectors: of a wider type GCC keeps every value in memory (a product
   takes 14 times as long), and clang splits it (1.7 times). Rows are aligned to VECTOR_BYTES. */
#if defined(__AVX2__)
#define SIMD_BYTES VECTOR_BYTES
#else
#define SIMD_BYTES 16
#endif
typedef REAL simd_vector __attribute__((vector_size(SIMD_BYTES)));

#define SIMD_LANES ((int64_t)(SIMD_BYTES / sizeof(REAL)))
#define PREFETCH_ROWS                                                                              \
    4 /* prefetch distance where rows are copied or places summed; update.h has its own */
#define DOT_ROWS 4    /* whose dot products with one row are computed at a time */
#define STRIP_ROWS 16 /* rows whose coefficients are computed side by side, in SIMD lanes */

_Static_assert(8 * sizeof(REAL) == BITS, "BITS is the width of REAL");
_Static_assert(sizeof(REAL_AS_UINT) == sizeof(REAL), "exponential() copies one into the other");
_Static_assert(VECTOR_BYTES % SIMD_BYTES == 0, "rows are whole SIMD vectors");
_Static_assert((SIMD_LANES & (SIMD_LANES - 1)) == 0, "dot_products() halves the lanes");
_Static_assert(CACHE_LINE_BYTES % VECTOR_BYTES == 0, "arrays begin at cache lines, hence aligned");

/* exp(x) = 2^n exp(r), |r| < 0.35, by Taylor's series; 0 and infinity where 2^n is not a normal
   number. NaN stays NaN. */
INLINE REAL exponential(REAL x) {
    /* rounder = 1.5 2^mantissa: adding it leaves no bits for a fraction */
    const REAL rounder = BITS == 32 ? (REAL)12582912.0 : (REAL)6755399441055744.0;
    const int mantissa = BITS == 32 ? 23 : 52;
    const int bias = BITS == 32 ? 127 : 1023;
    const int terms = BITS == 32 ? 7 : 14;
    const double ln2 = 0.69314718055994531;
    const REAL low = (REAL)(-bias * ln2);       /* where 2^n becomes 0 ... */
    const REAL high = (REAL)((bias + 1) * ln2); /* ... and infinity */
    const REAL y = x < low ? low : x > high ? high : x;
    const REAL shifted = y * (REAL)1.4426950408889634 + rounder; /* its last bits are n */
    const REAL n = shifted - rounder;
    /* r = y - n ln2, with ln2 in two parts */
    const REAL r = (y - n * (REAL)0.693145751953125) - n * (REAL)1.42860682030941723212e-6;
    REAL factorial = 1;
    for (int k = terms; k > 1; k--) factorial *= (REAL)k;
    REAL series = 1 / factorial;
    for (int k = terms; k > 0; k--) {
        factorial /= (REAL)k;
        series = series * r + 1 / factorial;
    }
    REAL_AS_UINT bits;
    REAL_AS_UINT rounder_bits;
    memcpy(&bits, &shifted, sizeof bits);
    memcpy(&rounder_bits, &rounder, sizeof rounder_bits);
    bits = (bits - rounder_bits + (REAL_AS_UINT)bias) << mantissa;
    REAL power_of_2;
    memcpy(&power_of_2, &bits, sizeof power_of_2);
    return series * power_of_2;
}

/* exp(-|x|) */
INLINE REAL exp_minus_abs(REAL x) { return exponential(x < 0 ? x : -x); }

INLINE REAL sigmoid(REAL x) { return 1 / (1 + exponential(-x)); }

/* log(1 + exp(x)), where log(1 + e) = 2 artanh(e / (2 + e)) by its series */
INLINE REAL softplus(REAL x) {
    const REAL e = exp_minus_abs(x);
    const REAL z = e / (2 + e);
    const int terms = BITS == 32 ? 15 : 33;
    REAL series = 0;
    for (int k = terms; k > 0; k -= 2) series = series * (z * z) + 1 / (REAL)k;
    return (x > 0 ? x : 0) + 2 * z * series;
}

/* phi(z) - 1 for phi(z) = (1 - exp(-z)) / z, by Taylor's series where z < 1 */
INLINE REAL phi_minus_1(REAL z) {
    const int terms = BITS == 32 ? 10 : 18;
    const REAL small = z < 1 ? z : 1;
    REAL series = 1;
    for (int k = terms; k > 2; k--) series = 1 - series * (small * (1 / (REAL)k));
    return z < 1 ? small * series * (REAL)-0.5 : (1 - exp_minus_abs(z)) / z - 1;
}

/* Rows. Where they are read as simd_vectors, they are P long and aligned. */

INLINE void prefetch(const REAL *row, int64_t dim) {
    for (int64_t d = 0; d < dim; d += CACHE_LINE_BYTES / (int64_t)sizeof(REAL))
        __builtin_prefetch(row + d);
}

/* A row that is going to be written: other cores' copies of it are given up on the way. */
INLINE void prefetch_to_write(const REAL *row, int64_t dim) {
    for (int64_t d = 0; d < dim; d += CACHE_LINE_BYTES / (int64_t)sizeof(REAL))
        __builtin_prefetch(row + d, 1);
}

/* The same into the second level of cache. */
INLINE void prefetch_for_later(const REAL *row, int64_t dim) {
    for (int64_t d = 0; d < dim; d += CACHE_LINE_BYTES / (int64_t)sizeof(REAL))
        __builtin_prefetch(row + d, 0, 2);
}

/* to[j, i] = from[i, j] for I rows of J REALs, into rows of `stride`; SIMD_LANES rows at a time, to
   write whole cache lines */
INLINE void
transpose(int64_t I, int64_t J, const REAL *restrict from, REAL *restrict to, int64_t stride) {
    int64_t i = 0;
    for (; i + SIMD_LANES <= I; i += SIMD_LANES)
        for (int64_t j = 0; j < J; j++)
            for (int64_t lane = 0; lane < SIMD_LANES; lane++)
                to[j * stride + i + lane] = from[(i + lane) * J + j];
    for (; i < I; i++)
        for (int64_t j = 0; j < J; j++) to[j * stride + i] = from[i * J + j];
}

#define SUMMED_ROWS 4 /* rows that are summed at a time */

/* sum = scale * (sum + the rows), without the old sum where it is the `first`; for constants
   `count` and `first`. */
INLINE void add_some_rows(
    const int count, const int first, int64_t dim, const REAL *const *rows, REAL scale,
    REAL *restrict sum
) {
#pragma omp simd
    for (int64_t d = 0; d < dim; d++) {
        REAL s = first ? rows[0][d] : sum[d] + rows[0][d];
        for (int i = 1; i < count; i++) s += rows[i][d];
        sum[d] = scale * s;
    }
}

/* The same for 1 to SUMMED_ROWS rows. */
INLINE void add_rows(
    int64_t count, int first, int64_t dim, const REAL *const *rows, REAL scale, REAL *restrict sum
) {
    switch (2 * count + first) {
    case 2:
        add_some_rows(1, 0, dim, rows, scale, sum);
        break;
    case 3:
        add_some_rows(1, 1, dim, rows, scale, sum);
        break;
    case 4:
        add_some_rows(2, 0, dim, rows, scale, sum);
        break;
    case 5:
        add_some_rows(2, 1, dim, rows, scale, sum);
        break;
    case 6:
        add_some_rows(3, 0, dim, rows, scale, sum);
        break;
    case 7:
        add_some_rows(3, 1, dim, rows, scale, sum);
        break;
    case 8:
        add_some_rows(4, 0, dim, rows, scale, sum);
        break;
    case 9:
        add_some_rows(4, 1, dim, rows, scale, sum);
        break;
    }
}

/* The next multiple of SIMD_LANES. */
INLINE int64_t padded(int64_t count) { return (count + SIMD_LANES - 1) / SIMD_LANES * SIMD_LANES; }

/* The sums of four vectors' lanes: neighbours first, halves last. */
INLINE void sums_of_lanes(const simd_vector v[4], REAL sums[4]) {
#if BITS == 32 && SIMD_BYTES == 32
    typedef REAL half_vector __attribute__((vector_size(SIMD_BYTES / 2)));
    const simd_vector ab = __builtin_shufflevector(v[0], v[1], 0, 2, 8, 10, 4, 6, 12, 14) +
                           __builtin_shufflevector(v[0], v[1], 1, 3, 9, 11, 5, 7, 13, 15);
    const simd_vector cd = __builtin_shufflevector(v[2], v[3], 0, 2, 8, 10, 4, 6, 12, 14) +
                           __builtin_shufflevector(v[2], v[3], 1, 3, 9, 11, 5, 7, 13, 15);
    const simd_vector halves = __builtin_shufflevector(ab, cd, 0, 2, 8, 10, 4, 6, 12, 14) +
                               __builtin_shufflevector(ab, cd, 1, 3, 9, 11, 5, 7, 13, 15);
    const half_vector whole = __builtin_shufflevector(halves, halves, 0, 1, 2, 3) +
                              __builtin_shufflevector(halves, halves, 4, 5, 6, 7);
    memcpy(sums, &whole, sizeof whole);
#else
    for (int i = 0; i < 4; i++) {
        sums[i] = 0;
        for (int64_t lane = 0; lane < SIMD_LANES; lane++) sums[i] += v[i][lane];
    }
#endif
}

/* products[i] = x . rows[i], for a constant count of at most DOT_ROWS rows */
INLINE void dot_products(
    const int count, int64_t padded_dim, const REAL *x, const REAL *const *rows, REAL *products
) {
    simd_vector sums[DOT_ROWS];
    for (int i = 0; i < count; i++) sums[i] = (simd_vector){0};
    for (int64_t d = 0; d < padded_dim; d += SIMD_LANES) {
        const simd_vector x_d = *(const simd_vector *)(x + d);
        for (int i = 0; i < count; i++) sums[i] += x_d * *(const simd_vector *)(rows[i] + d);
    }
    REAL all[DOT_ROWS];
    for (int i = count; i < DOT_ROWS; i++) sums[i] = (simd_vector){0};
    sums_of_lanes(sums, all);
    for (int i = 0; i < count; i++) products[i] = all[i];
}
