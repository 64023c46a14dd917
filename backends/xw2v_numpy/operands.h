/* What the products with negatives multiply: numbers as they are, or, where ROUNDED, pairs of them
   rounded to bfloat16. A processor with AVX512_BF16 adds the products of two pairs to a float in
   one instruction (VDPBF16PS), twice as many in a cycle as of floats: those of the second numbers,
   then those of the first, with one rounding each. A pair takes the place of one float, so that
   matrices of pairs are REALs to the rest of the code.

   A sum runs over columns of its first factor and rows of its second. So a matrix that is a first
   factor is rounded by columns, into pairs of neighbours in a row, and one that is a second factor
   by rows, into pairs of neighbours in a column. */

#pragma once

#include "numerics.h"

#if defined(ROUNDED)

#include <immintrin.h>

#define TERMS 2 /* of a sum that one multiplication adds */

INLINE simd_vector add_products(const int rounded, simd_vector sum, REAL a, simd_vector b) {
    if (!rounded) return sum + a * b;
    return (simd_vector)_mm256_dpbf16_ps((__m256)sum, (__m256bh)_mm256_set1_ps(a), (__m256bh)b);
}

/* X (rows, columns) by columns (rows, columns / 2), and by rows (rows / 2, columns), rounded up
   with zeros; `columns` is a multiple of SIMD_LANES. */
INLINE void
round_operands(int64_t rows, int64_t columns, const REAL *X, REAL *by_columns, REAL *by_rows) {
    for (int64_t i = 0; i < rows; i += 2)
        for (int64_t j = 0; j < columns; j += SIMD_LANES) {
            const int whole = i + 1 < rows;
            const __m256 first = _mm256_load_ps(X + i * columns + j);
            const __m256 second =
                whole ? _mm256_load_ps(X + (i + 1) * columns + j) : _mm256_setzero_ps();
            const __m256i both = (__m256i)_mm256_cvtne2ps_pbh(second, first);
            const __m128i of_first = _mm256_castsi256_si128(both);
            const __m128i of_second = _mm256_extracti128_si256(both, 1);
            REAL *pairs = by_columns + (i * columns + j) / 2;
            _mm_storeu_si128((__m128i *)pairs, of_first);
            if (whole) _mm_storeu_si128((__m128i *)(pairs + columns / 2), of_second);
            pairs = by_rows + i / 2 * columns + j;
            _mm_storeu_si128((__m128i *)pairs, _mm_unpacklo_epi16(of_first, of_second));
            _mm_storeu_si128((__m128i *)(pairs + 4), _mm_unpackhi_epi16(of_first, of_second));
        }
}

_Static_assert(BITS == 32 && SIMD_BYTES == 32, "pairs are of 8 floats' vectors");

#else

#define TERMS 1

INLINE simd_vector add_products(const int rounded, simd_vector sum, REAL a, simd_vector b) {
    (void)rounded;
    return sum + a * b;
}

INLINE void
round_operands(int64_t rows, int64_t columns, const REAL *X, REAL *by_columns, REAL *by_rows) {
    (void)rows, (void)columns, (void)X, (void)by_columns, (void)by_rows; /* they are X */
}

#endif

/* Multiplications for a sum of so many terms. */
INLINE int64_t multiplications(int64_t terms) { return (terms + TERMS - 1) / TERMS; }
