/* The gradients of a group's pairs into the sums of their rows. */

#pragma once

#include "group.h"
#include "numerics.h"

#define MAX_TERMS (2 * MAX_WINDOW + ROWS_READ_PAST_END) /* of a context word's sum in a group */

/* To each center's sum: the rows of its window, dX, and the control variate: cv times the batch's
   mean of the rows it meets, kept as a coefficient, less cv times the group's mean. */
INLINE void accumulate_centers(
    const StepPlan *plan, const TileScratch *tile, const Group *group
) {
    const int64_t P = plan->padded_dim;
    RowSet *center = plan->center;
    for (int64_t t = group->first_center; t < group->end_center; t++) {
        const int64_t i = t - group->first_center;
        const int64_t slot = plan->center_slot[t];
        const int64_t right = plan->right[t];
        const REAL *window = window_of(plan, tile, group, t);
        REAL *sum = center->sums + slot * P;
        const REAL *rows[UNROLL + 2];
        REAL coefficients[UNROLL + 2];
        int64_t column = -plan->left[t];
        /* pass 1: the first UNROLL context words with the two other rows */
        for (int j = 0; j < UNROLL; j++) {
            rows[j] = context_row(plan, group, t, column + j);
            coefficients[j] = window[column + j];
        }
        rows[UNROLL] = group->dX + i * P;
        coefficients[UNROLL] = 1;
        rows[UNROLL + 1] = group->negatives_mean;
        coefficients[UNROLL + 1] = -group->center_cv[i];
        center->cv_coefficient[slot] += (double)group->center_cv[i];
        add_rows(UNROLL + 2, P, sum, coefficients, rows);
        /* pass 2: the other context words */
        for (column += UNROLL; column < right; column += UNROLL) {
            for (int j = 0; j < UNROLL; j++) rows[j] = context_row(plan, group, t, column + j);
            add_rows(UNROLL, P, sum, window + column, rows);
        }
    }
}

/* Append the rows of those of (centers, P) X that have one context word in their windows, and the
   gradients of these pairs: the first center's is *gradient, the next ones' each `stride` further.
   Branch-free: avoids mispredictions. Returns the new count. */
INLINE int64_t append_centers(
    int64_t count, int64_t centers, int64_t padded_dim, const REAL *X, const REAL *gradient,
    int64_t stride, const REAL **rows, REAL *coefficients
) {
    for (int64_t i = 0; i < centers; i++, X += padded_dim, gradient += stride) {
        rows[count] = X;
        coefficients[count] = *gradient;
        count += !(*gradient >= 0); /* it is 0 where there is no pair, else negative or NaN */
    }
    return count;
}

/* To the sum of each token in reach of the group: the centers in whose windows it is. */
INLINE void accumulate_context_words(
    const StepPlan *plan, const TileScratch *tile, const Group *group
) {
    const int64_t P = plan->padded_dim;
    const int64_t w = plan->window;
    const int64_t begin = group->first_center;
    const int64_t end = group->end_center;
    const int64_t stride = window_width(plan) - 1; /* a row down, a column to the left */
    const REAL *rows[MAX_TERMS];
    REAL coefficients[MAX_TERMS];
    for (int64_t u = begin - w; u < end + w; u++) {
        /* centers from .. before - 1 come before u, after .. to - 1 after it */
        const int64_t from = u - w < begin ? begin : u - w;
        const int64_t to = u + w < end ? u + w + 1 : end;
        const int64_t before = u < to ? u : to;
        const int64_t after = u < from ? from : u + 1;
        const REAL *right_of_first = window_of(plan, tile, group, from) + (u - from - 1);
        const REAL *left_of_first = window_of(plan, tile, group, after) + (u - after);
        REAL *sum = plan->context->sums + plan->context_slot[w + u] * P;
        int64_t count = append_centers(
            0, before - from, P, group->X + (from - begin) * P, right_of_first, stride, rows,
            coefficients
        );
        count = append_centers(
            count, to - after, P, group->X + (after - begin) * P, left_of_first, stride, rows,
            coefficients
        );
        /* fill the unrolling remainder */
        for (int64_t i = count; i < count + UNROLL - 1; i++) {
            rows[i] = rows[0];
            coefficients[i] = 0;
        }
        for (int64_t i = 0; i < count; i += UNROLL)
            add_rows(UNROLL, P, sum, coefficients + i, rows + i);
    }
}

/* To each negative's sum: dN, and the control variate, as for the centers. */
INLINE void accumulate_negatives(const StepPlan *plan, const Group *group) {
    const int64_t P = plan->padded_dim;
    const int64_t K = plan->shared_negatives;
    RowSet *context = plan->context;
    for (int64_t k = 0; k < K; k++) {
        const int64_t slot = plan->negative_slot[group->q * K + k];
        const REAL *const rows[2] = {group->dN + k * P, group->centers_mean};
        const REAL coefficients[2] = {1, -group->negative_cv[k]};
        context->cv_coefficient[slot] += (double)group->negative_cv[k];
        add_rows(2, P, context->sums + slot * P, coefficients, rows);
    }
}
