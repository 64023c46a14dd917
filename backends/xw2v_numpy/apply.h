/* Each row's change: its sum, damped along the mean, bounded by a trust region. The equations are
   those of xw2v/sgns/update.py. */

#pragma once

#include <math.h>

#include "numerics.h"

/* Consecutive slots whose rows are moved together. The change of a row is its sum plus a multiple
   of the mean: the control variate, and what damping takes away along the mean. */
typedef struct {
    int64_t first;
    int64_t count;
    REAL sum_dot_mean[STRIP_ROWS];
    REAL squared_norm[STRIP_ROWS];     /* of the sum, then of the change */
    REAL mean_coefficient[STRIP_ROWS]; /* that multiple */
} Strip;

/* Pass 1: complete the sums by weight decay; take their products with the mean and themselves.
   Prefetches the rows, and gives the slots back. */
INLINE void measure_sums(const StepPlan *plan, RowSet *rows, Strip *strip) {
    const int64_t D = plan->dim;
    const int64_t P = plan->padded_dim;
    const REAL alpha_decay = (REAL)(plan->alpha * plan->weight_decay);
    for (int64_t i = 0; i < strip->count; i++) {
        const int64_t id = rows->ids[strip->first + i];
        const REAL *row = rows->table + id * D;
        REAL *sum = rows->sums + (strip->first + i) * P;
        prefetch(row, D);
        rows->slot[id] = -1;
        if (alpha_decay != 0)
            for (int64_t d = 0; d < D; d++) sum[d] += alpha_decay * row[d];
        const REAL *const factors[2] = {rows->mean, sum};
        REAL products[2];
        dot_products(2, P, sum, factors, products);
        strip->sum_dot_mean[i] = products[0];
        strip->squared_norm[i] = products[1];
    }
}

/* Pass 2: the multiples of the mean, and the squared norms of the changes that result: not below
   the true ones, as a row that seems near enough is moved unchecked. */
INLINE void damp(const StepPlan *plan, const RowSet *rows, REAL mean_squared, Strip *strip) {
    const REAL curvature = (REAL)plan->curvature;
    const REAL alpha_mean_squared = (REAL)plan->alpha * mean_squared;
    const REAL divisor = mean_squared > 0 ? mean_squared : 1;
    const REAL rounding = BITS == 32 ? (REAL)1e-5 : (REAL)1e-14; /* relative, of a square */
#pragma omp simd
    for (int64_t i = 0; i < strip->count; i++) {
        const int64_t slot = strip->first + i;
        const REAL e = exp_minus_abs(rows->mean_score[slot]);
        const REAL sigmoid_slope = e / ((1 + e) * (1 + e)); /* sigma(s) (1 - sigma(s)) */
        const REAL positive_weight = (REAL)rows->positive_weight[slot];
        const REAL negative_weight = (REAL)rows->negative_weight[slot];
        const REAL z =
            alpha_mean_squared * (curvature * positive_weight + sigmoid_slope * negative_weight);
        const REAL cv = (REAL)rows->cv_coefficient[slot];
        const REAL along_mean = cv + strip->sum_dot_mean[i] / divisor; /* of the change, undamped */
        const REAL c = cv + phi_minus_1(z) * along_mean;
        strip->mean_coefficient[i] = c;
        strip->squared_norm[i] += c * (2 * strip->sum_dot_mean[i] + c * mean_squared) +
                                  rounding * (strip->squared_norm[i] + c * c * mean_squared);
    }
}

/* Pass 3: move the rows, each no further than trust_ratio (norm + trust_floor). Zeros the sums. */
INLINE void move_rows(const StepPlan *plan, RowSet *rows, const Strip *strip) {
    const int64_t D = plan->dim;
    const int64_t P = plan->padded_dim;
    const REAL trust_ratio = (REAL)plan->trust_ratio;
    const REAL free_norm = trust_ratio * (REAL)plan->trust_floor; /* any row may move this far */
    const REAL *mean = rows->mean;
    for (int64_t i = 0; i < strip->count; i++) {
        REAL *restrict row = rows->table + rows->ids[strip->first + i] * D;
        REAL *restrict sum = rows->sums + (strip->first + i) * P;
        const REAL c = strip->mean_coefficient[i];
        REAL scale = 1;
        if (!(strip->squared_norm[i] < free_norm * free_norm)) {
            REAL row_squared = 0;
            REAL change_squared = 0;
#pragma omp simd reduction(+ : row_squared, change_squared)
            for (int64_t d = 0; d < D; d++) {
                const REAL change = sum[d] + c * mean[d];
                row_squared += row[d] * row[d];
                change_squared += change * change;
            }
            const REAL limit = trust_ratio * (REAL)sqrt((double)row_squared) + free_norm;
            if (change_squared > limit * limit) scale = limit / (REAL)sqrt((double)change_squared);
        }
        const REAL scaled_c = scale * c;
#pragma omp simd
        for (int64_t d = 0; d < D; d++) row[d] -= scale * sum[d] + scaled_c * mean[d];
        memset(sum, 0, (size_t)P * sizeof(REAL));
    }
}
