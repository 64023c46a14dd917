/* Products of small matrices: C = A B, or C = A B + A' B', a few rows and vectors of C at a time,
   so that their sums stay in registers. A sum runs over the columns of A in their order, whatever
   the tile, so a row of C has the same bits however the rows are cut.

   A may be any strided view, such as a transpose, or a band: rows of window scores, in which the
   column of a word moves by one from token to token. */

#pragma once

#include "operands.h"

/* A tile has 4 x 3 sums, 3 vectors of B and an element of A: the 16 registers of AVX2. clang needs
   some to spare, or else it moves the sums about. AVX512VL has 32. */
#define TILE_ROWS 4
#if defined(ROUNDED)
#define TILE_VECTORS 4
#elif defined(__clang__) && defined(__x86_64__) && !defined(__AVX512VL__)
#define TILE_VECTORS 2
#else
#define TILE_VECTORS 3
#endif

_Static_assert(
    TILE_ROWS == 4 && TILE_VECTORS <= 4, "the loops below are unrolled by these numbers"
);

/* One product of a sum: A (rows, depth) by B (depth, columns), of REALs or of rounded operands. */
typedef struct {
    const REAL *A; /* element (i, k) at A[i * row_stride + k * column_stride] */
    int64_t row_stride;
    int64_t column_stride;
    const REAL *B; /* aligned rows of B_stride REALs */
    int64_t B_stride;
    int64_t depth;
    int rounded;
} Product;

/* sums += the product's part for I rows of C and J SIMD vectors from column `column` on. */
INLINE void add_product(
    const int I, const int J, const int rounded, const Product *product, int64_t column,
    simd_vector sums[TILE_ROWS][TILE_VECTORS]
) {
    const Product p = *product;
    for (int64_t k = 0; k < p.depth; k++) {
        simd_vector row[TILE_VECTORS];
#pragma GCC unroll 4
        for (int j = 0; j < J; j++)
            row[j] = *(const simd_vector *)(p.B + k * p.B_stride + column + j * SIMD_LANES);
#pragma GCC unroll 4
        for (int i = 0; i < I; i++)
#pragma GCC unroll 4
            for (int j = 0; j < J; j++) {
                const REAL a = p.A[i * p.row_stride + k * p.column_stride];
                sums[i][j] = add_products(rounded, sums[i][j], a, row[j]);
            }
    }
}

/* The first I rows of C, and its J SIMD vectors from column `column` on. */
INLINE void multiply_tile(
    const int I, const int J, const Product *products, int count, int64_t column, REAL *C,
    int64_t C_stride
) {
    simd_vector sums[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 4
    for (int i = 0; i < I; i++)
#pragma GCC unroll 4
        for (int j = 0; j < J; j++) sums[i][j] = (simd_vector){0};
    for (int n = 0; n < count; n++) {
        if (TERMS > 1 && products[n].rounded) add_product(I, J, 1, products + n, column, sums);
        else add_product(I, J, 0, products + n, column, sums);
    }
#pragma GCC unroll 4
    for (int i = 0; i < I; i++)
#pragma GCC unroll 4
        for (int j = 0; j < J; j++)
            *(simd_vector *)(C + i * C_stride + column + j * SIMD_LANES) = sums[i][j];
}

/* A constant number I of rows of C; `columns` is a multiple of SIMD_LANES. */
INLINE void multiply_rows(
    const int I, const Product *products, int count, int64_t columns, REAL *C, int64_t C_stride
) {
    int64_t column = 0;
    for (; TILE_VECTORS >= 4 && column + 4 * SIMD_LANES <= columns; column += 4 * SIMD_LANES)
        multiply_tile(I, 4, products, count, column, C, C_stride);
    for (; TILE_VECTORS >= 3 && column + 3 * SIMD_LANES <= columns; column += 3 * SIMD_LANES)
        multiply_tile(I, 3, products, count, column, C, C_stride);
    for (; TILE_VECTORS >= 2 && column + 2 * SIMD_LANES <= columns; column += 2 * SIMD_LANES)
        multiply_tile(I, 2, products, count, column, C, C_stride);
    for (; column < columns; column += SIMD_LANES)
        multiply_tile(I, 1, products, count, column, C, C_stride);
}

/* The first min(rows, TILE_ROWS) rows of C. Where rows < TILE_ROWS, A of each product is advanced.
 */
INLINE void
multiply(int64_t rows, Product *products, int count, int64_t columns, REAL *C, int64_t C_stride) {
    if (rows >= TILE_ROWS) {
        multiply_rows(TILE_ROWS, products, count, columns, C, C_stride);
        return;
    }
    for (int64_t i = 0; i < rows; i++) {
        multiply_rows(1, products, count, columns, C + i * C_stride, C_stride);
        for (int n = 0; n < count; n++) products[n].A += products[n].row_stride;
    }
}
