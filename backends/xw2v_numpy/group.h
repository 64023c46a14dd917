/* One group of a batch: its rows, copied side by side so that they stay in the nearer caches of the
   threads that work on it, and its scores. */

#pragma once

#include "places.h"
#include "products.h"

/* A row of window scores: a column for each token from w to the left of it to w to the right, with
   room at either side for what a tile of rows or a vector of columns has beyond. */
#define BAND_MARGIN (TILE_ROWS - 1)

INLINE int64_t band_width(const StepPlan *plan) {
    return 2 * plan->window + 1 + 2 * BAND_MARGIN + DOT_ROWS;
}

/* The scratch of a group; n = g + 2w. In CBOW, H are the means or sums of windows, and R input rows. */
typedef struct {
    REAL *H;         /* (g, P) hidden vectors: the tokens' input rows */
    REAL *R;         /* (n + DOT_ROWS, P) output rows of the windows' tokens */
    REAL *N;         /* (K, P) output rows of the negatives ... */
    REAL *NT;        /* (P, padded K) ... and their transpose */
    REAL *O;         /* (g, P) CBOW: output rows of the tokens */
    REAL *dH;        /* (g, P) CBOW: gradients of the hidden vectors */
    REAL *negatives; /* (g, padded K) scores of the negatives, which become gradients */
    REAL *positives; /* (g,) CBOW: scores of the tokens, likewise */
    REAL *band;      /* (g, band_width) skip-gram: scores of the windows, likewise; CBOW: shares */
    REAL *shares;    /* (g,) of the tokens in their mean */
    REAL *sums;      /* (STRIP_ROWS, P) of the update */
    int64_t size;    /* REALs in all */
} Group;

/* A share of a group's tokens, or of its negatives or its windows' tokens: the unit of work where
   there are more threads than groups. A slice is the same whoever does it, and whether one thread
   does all slices of a group or several do one each. */
typedef struct {
    int64_t first;
    int64_t last; /* one past it */
} Range;

/* Slice `slice` of (count,) rows: whole tiles, but for the last. */
INLINE Range slice_of(int64_t count, int64_t slice) {
    const int64_t tiles = (count + TILE_ROWS - 1) / TILE_ROWS;
    const int64_t first = tiles * slice / SLICES * TILE_ROWS;
    const int64_t last = tiles * (slice + 1) / SLICES * TILE_ROWS;
    return (Range){first, last < count ? last : count};
}

INLINE REAL *take(REAL **end, int64_t count) {
    REAL *array = *end;
    *end += count;
    return array;
}

/* Place the arrays of a group from `memory` on. */
INLINE Group group_in(const StepPlan *plan, REAL *memory) {
    const int64_t P = plan->padded_dim, g = plan->group, K = plan->shared_negatives;
    const int64_t line = CACHE_LINE_BYTES / (int64_t)sizeof(REAL);
    Group group;
    REAL *end = memory;
    group.H = take(&end, g * P);
    group.R = take(&end, (window_tokens(plan) + DOT_ROWS) * P);
    group.N = take(&end, K * P);
    group.NT = take(&end, P * padded(K));
    group.O = take(&end, plan->cbow ? g * P : 0);
    group.dH = take(&end, plan->cbow ? g * P : 0);
    group.negatives = take(&end, g * padded(K));
    group.sums = take(&end, STRIP_ROWS * P);
    group.positives = take(&end, padded(g));
    group.shares = take(&end, padded(g));
    group.band = take(&end, padded(g * band_width(plan)));
    group.size = (end - memory + line - 1) / line * line;
    return group;
}

/* The window of token t of a group as rows of R: from .. to - 1. */
INLINE int64_t window_from(const StepPlan *plan, int64_t q, int64_t t) {
    return t + plan->window - plan->left[q * plan->group + t];
}
INLINE int64_t window_to(const StepPlan *plan, int64_t q, int64_t t) {
    return t + plan->window + plan->right[q * plan->group + t] + 1;
}

/* The product with R of the band's rows t .. t + rows - 1, over all that their windows reach. */
INLINE Product by_window(
    const StepPlan *plan, int64_t q, const Group *group, int64_t t, int64_t rows
) {
    int64_t from = window_from(plan, q, t), to = window_to(plan, q, t);
    for (int64_t i = t + 1; i < t + rows; i++) {
        if (window_from(plan, q, i) < from) from = window_from(plan, q, i);
        if (window_to(plan, q, i) > to) to = window_to(plan, q, i);
    }
    const int64_t width = band_width(plan);
    return (Product){
        .A = group->band + t * width + BAND_MARGIN + from - t,
        .row_stride = width - 1,
        .column_stride = 1,
        .B = group->R + from * plan->padded_dim,
        .B_stride = plan->padded_dim,
        .depth = to - from,
    };
}

/* The product of the transposed band's rows j .. j + rows - 1, tokens of the windows, with (g, P) B:
   over all tokens whose windows may reach them. */
INLINE Product by_tokens(
    const StepPlan *plan, int64_t q, const Group *group, int64_t j, int64_t rows, const REAL *B
) {
    const int64_t width = band_width(plan), w = plan->window, g = plan->group;
    int64_t from = j - 2 * w > 0 ? j - 2 * w : 0, to = j + rows < g ? j + rows : g;
    while (from < to && window_to(plan, q, from) <= j) from++;
    while (from < to && window_from(plan, q, to - 1) >= j + rows) to--;
    return (Product){
        .A = group->band + from * width + BAND_MARGIN + j - from,
        .row_stride = 1,
        .column_stride = width - 1,
        .B = B + from * plan->padded_dim,
        .B_stride = plan->padded_dim,
        .depth = to - from,
    };
}
