/* The means of a batch's rows, and the rows of a tile copied side by side. */

#pragma once

#include "group.h"
#include "numerics.h"

/* The mean of a table's rows, weighted by their pairs with negatives, into (P,) mean. */
INLINE void mean_of_rows(const StepPlan *plan, const RowSet *rows, REAL *restrict mean) {
    const int64_t D = plan->dim;
    double total_weight = 0;
    memset(mean, 0, (size_t)plan->padded_dim * sizeof(REAL));
    for (int64_t slot = 0; slot < rows->count; slot++) total_weight += rows->negative_weight[slot];
    for (int64_t slot = 0; slot < rows->count; slot++) {
        if (slot + PREFETCH_ROWS < rows->count)
            prefetch(rows->table + rows->ids[slot + PREFETCH_ROWS] * D, D);
        if (rows->negative_weight[slot] == 0) continue;
        const REAL share = (REAL)(rows->negative_weight[slot] / total_weight);
        const REAL *restrict row = rows->table + rows->ids[slot] * D;
#pragma omp simd
        for (int64_t d = 0; d < D; d++) mean[d] += share * row[d];
    }
}

/* X of a group, and its mean, weighted by the centers' pairs. */
INLINE void gather_centers(const StepPlan *plan, const Group *group) {
    const int64_t D = plan->dim;
    const int64_t P = plan->padded_dim;
    const int64_t *ids = plan->tokens + plan->window; /* (T,) */
    const REAL *table = plan->center->table;
    const double group_weight = plan->group_weight[group->q];
    const double divisor = group_weight > 0 ? group_weight : 1;
    const double share_per_pair = plan->negative / (double)plan->shared_negatives / divisor;
    REAL *X = group->X;
    memset(group->centers_mean, 0, (size_t)P * sizeof(REAL));
    for (int64_t t = group->first_center; t < group->end_center; t++, X += P) {
        const double share = share_per_pair * (double)(plan->left[t] + plan->right[t]);
        if (t + PREFETCH_ROWS < plan->batch_tokens) prefetch(table + ids[t + PREFETCH_ROWS] * D, D);
        copy_row(D, X, table + ids[t] * D, (REAL)share, group->centers_mean);
    }
}

/* N and NT of a group, and the mean. */
INLINE void gather_negatives(const StepPlan *plan, const Group *group) {
    const int64_t D = plan->dim;
    const int64_t P = plan->padded_dim;
    const int64_t K = plan->shared_negatives;
    const int64_t *ids = plan->negatives + group->q * K; /* (K,) */
    const REAL *table = plan->context->table;
    memset(group->negatives_mean, 0, (size_t)P * sizeof(REAL));
    for (int64_t k = 0; k < K; k++) {
        if (k + PREFETCH_ROWS < K) prefetch(table + ids[k + PREFETCH_ROWS] * D, D);
        copy_row(
            D, group->N + k * P, table + ids[k] * D, (REAL)(1 / (double)K), group->negatives_mean
        );
    }
    transpose(K, P, group->N, group->NT);
}

/* C of a tile. Rows past its last, which may be read, keep what another tile of this step left, or
   zeros; they get the coefficient 0. */
INLINE void gather_context_words(
    const StepPlan *plan, TileScratch *tile, int64_t first, int64_t last
) {
    const int64_t D = plan->dim;
    const int64_t P = plan->padded_dim;
    const int64_t all = plan->batch_tokens + 2 * plan->window;
    const int64_t begin = first * plan->group;
    const int64_t end = last * plan->group + 2 * plan->window;
    const REAL *table = plan->context->table;
    REAL *C = tile->C;
    for (int64_t i = begin; i < end; i++, C += P) { /* of plan->tokens */
        if (i + PREFETCH_ROWS < all) prefetch(table + plan->tokens[i + PREFETCH_ROWS] * D, D);
        memcpy(C, table + plan->tokens[i] * D, (size_t)D * sizeof(REAL));
    }
}
