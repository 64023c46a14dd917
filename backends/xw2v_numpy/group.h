/* One group of a batch: its rows, copied side by side so that they stay in the nearer caches of the
   threads that work on it, and its scores. */

#pragma once

#include "places.h"
#include "products.h"

/* A row of window scores: a column for each token from w to the left of it to w to the right, with
   BAND_MARGIN columns at either side, since a tile of TILE_ROWS tokens reads the columns of all
   their windows, and DOT_ROWS at the end, since scores are computed DOT_ROWS at a time. */
#define BAND_MARGIN (TILE_ROWS - 1)

INLINE int64_t band_width(const StepPlan *plan) {
    return 2 * plan->window + 1 + 2 * BAND_MARGIN + DOT_ROWS;
}

/* The scratch of a group; n = g + 2w. In CBOW, H are the means or sums of windows. */
typedef struct {
    REAL *H;               /* (g, P) hidden vectors: the tokens' input rows */
    REAL *R;               /* (n + DOT_ROWS, P) skip-gram: output rows of the windows' tokens */
    REAL *N;               /* (K, P) output rows of the negatives */
    REAL *O;               /* (g, P) CBOW: output rows of the tokens */
    REAL *dH;              /* (g, P) CBOW: gradients of the hidden vectors */
    REAL *negative_scores; /* (g, padded K) of the negatives; overwritten by their gradients */
    REAL *control_scores;  /* (g,) CBOW: with the reference's mean, likewise */
    int32_t *covering;     /* (SLICES, 2w + 1) CBOW: tokens whose windows hold a word */
    REAL *band;            /* (g, band_width) skip-gram: scores of the windows, likewise */
    REAL *offsets;         /* (SLICES, P) CBOW: the reference's mean minus that of the negatives */
    REAL *token_weights;   /* (g,) of each token in the mean of the group's tokens */
    REAL *sums;            /* (STRIP_ROWS, P) of the update */
    /* Operands of the products with negatives (operands.h), of which G are the gradients of
       negative_scores; without rounding they are H, N and negative_scores themselves. */
    REAL *H_by_dims;      /* (g, P / TERMS) */
    REAL *H_by_tokens;    /* (g / TERMS, P) */
    REAL *N_by_dims;      /* (K, P / TERMS) ... */
    REAL *NT;             /* (P / TERMS, padded K) ... and their transpose */
    REAL *N_by_negatives; /* (K / TERMS, P) */
    REAL *G_by_negatives; /* (g, padded K / TERMS) */
    REAL *G_by_tokens;    /* (g / TERMS, padded K) */
    int64_t size;         /* REALs in all */
} GroupScratch;

/* Rows first .. last - 1. */
typedef struct {
    int64_t first;
    int64_t last;
} Range;

/* Slice `slice` of (count,) rows, whole tiles and vectors but for the last: the unit of work where
   `split` is set. A slice is the same whoever does it, and whether one thread does all slices of a
   group or several do one each. */
INLINE Range slice_of(int64_t count, int64_t slice) {
    const int64_t whole = TILE_ROWS > SIMD_LANES ? TILE_ROWS : SIMD_LANES;
    const int64_t parts = (count + whole - 1) / whole;
    const int64_t first = parts * slice / SLICES * whole;
    const int64_t last = parts * (slice + 1) / SLICES * whole;
    return (Range){first, last < count ? last : count};
}

INLINE REAL *take(REAL **end, int64_t count) {
    REAL *array = *end;
    *end += count;
    return array;
}

/* Place the operands, once their matrices are. */
INLINE void take_operands(const StepPlan *plan, GroupScratch *scratch, REAL **end) {
    const int64_t P = plan->padded_dim, g = plan->group, K = plan->shared_negatives;
    const int copied = TERMS > 1;
    scratch->NT = take(end, P / TERMS * padded(K));
    scratch->H_by_dims = copied ? take(end, padded(g * P / TERMS)) : scratch->H;
    scratch->H_by_tokens = copied ? take(end, multiplications(g) * P) : scratch->H;
    scratch->N_by_dims = copied ? take(end, padded(K * P / TERMS)) : scratch->N;
    scratch->N_by_negatives = copied ? take(end, multiplications(K) * P) : scratch->N;
    scratch->G_by_negatives =
        copied ? take(end, padded(g * padded(K) / TERMS)) : scratch->negative_scores;
    scratch->G_by_tokens =
        copied ? take(end, multiplications(g) * padded(K)) : scratch->negative_scores;
}

/* Place the arrays of group q from `memory` on; but CBOW's H at the places of its tokens. */
INLINE GroupScratch scratch_in(const StepPlan *plan, int64_t q, REAL *memory) {
    const int64_t P = plan->padded_dim, g = plan->group, K = plan->shared_negatives;
    const int64_t line = CACHE_LINE_BYTES / (int64_t)sizeof(REAL);
    GroupScratch scratch;
    REAL *end = memory;
    scratch.H = plan->cbow ? plan->gradients + q * g * P : take(&end, g * P);
    scratch.R = take(&end, plan->cbow ? 0 : (window_tokens(plan) + DOT_ROWS) * P);
    scratch.N = take(&end, K * P);
    scratch.O = take(&end, plan->cbow ? g * P : 0);
    scratch.dH = take(&end, plan->cbow ? g * P : 0);
    scratch.offsets = take(&end, plan->cbow ? SLICES * P : 0);
    scratch.negative_scores = take(&end, g * padded(K));
    scratch.sums = take(&end, STRIP_ROWS * P);
    scratch.control_scores = take(&end, padded(g));
    scratch.token_weights = take(&end, padded(g));
    scratch.covering =
        (int32_t *)take(&end, plan->cbow ? padded(SLICES * (2 * plan->window + 1)) : 0);
    scratch.band = take(&end, plan->cbow ? 0 : padded(g * band_width(plan)));
    take_operands(plan, &scratch, &end);
    scratch.size = (end - memory + line - 1) / line * line;
    return scratch;
}

/* The window of token t of a group as rows of R: from .. to - 1. */
INLINE int64_t window_from(const StepPlan *plan, int64_t q, int64_t t) {
    return t + plan->window - plan->batch.left[q * plan->group + t];
}
INLINE int64_t window_to(const StepPlan *plan, int64_t q, int64_t t) {
    return t + plan->window + plan->batch.right[q * plan->group + t] + 1;
}

/* The product with R of the band's rows t .. t + rows - 1, over all that their windows reach. */
INLINE Product band_product(
    const StepPlan *plan, int64_t q, const GroupScratch *scratch, int64_t t, int64_t rows
) {
    int64_t from = window_from(plan, q, t), to = window_to(plan, q, t);
    for (int64_t i = t + 1; i < t + rows; i++) {
        if (window_from(plan, q, i) < from) from = window_from(plan, q, i);
        if (window_to(plan, q, i) > to) to = window_to(plan, q, i);
    }
    const int64_t width = band_width(plan);
    return (Product){
        .A = scratch->band + t * width + BAND_MARGIN + from - t,
        .row_stride = width - 1,
        .column_stride = 1,
        .B = scratch->R + from * plan->padded_dim,
        .B_stride = plan->padded_dim,
        .depth = to - from,
    };
}

/* The product of the transposed band's rows j .. j + rows - 1, tokens of the windows, with H: over
   all tokens whose windows may reach them. */
INLINE Product transposed_band_product(
    const StepPlan *plan, int64_t q, const GroupScratch *scratch, int64_t j, int64_t rows
) {
    const int64_t width = band_width(plan), w = plan->window, g = plan->group;
    int64_t from = j - 2 * w > 0 ? j - 2 * w : 0, to = j + rows < g ? j + rows : g;
    while (from < to && window_to(plan, q, from) <= j) from++;
    while (from < to && window_from(plan, q, to - 1) >= j + rows) to--;
    return (Product){
        .A = scratch->band + from * width + BAND_MARGIN + j - from,
        .row_stride = 1,
        .column_stride = width - 1,
        .B = scratch->H + from * plan->padded_dim,
        .B_stride = plan->padded_dim,
        .depth = to - from,
    };
}
