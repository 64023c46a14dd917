/* Scores to gradients: of pairs with negatives, whose scores S- = X NT NumPy makes, and of pairs
   with positives, whose scores S+ = X . C are made here, a window at a time. The loss of a pair is
   its weight times softplus(S-) or softplus(-S+). */

#pragma once

#include "group.h"
#include "numerics.h"

#define NO_PAIR_SCORE 10000 /* S+ where there is no pair, so that gradient and loss are 0 */
_Static_assert(NO_PAIR_SCORE > 710, "exp(-NO_PAIR_SCORE) is 0 in double, and in float");
_Static_assert(STRIP_ROWS % UNROLL == 0, "mean_scores() fills a strip in runs of UNROLL rows");

/* S- of a group to alpha times the gradients. And alpha times the summed weights of the pairs of
   each center and of each negative, into center_cv and negative_cv. */
INLINE void negative_scores_to_gradients(
    const StepPlan *plan, TileScratch *tile, const Group *group
) {
    const int64_t K = plan->shared_negatives;
    const double pair_weight = plan->negative / (double)K;
    REAL *scores = group->negative_scores; /* (K,) of center t */
    for (int64_t t = group->first_center; t < group->end_center; t++, scores += K) {
        const double negative_weight = pair_weight * (double)(plan->left[t] + plan->right[t]);
        const REAL alpha_weight = (REAL)(plan->alpha * negative_weight);
        if (plan->measure) {
            double loss = 0;
#pragma omp simd reduction(+ : loss)
            for (int64_t k = 0; k < K; k++) loss += softplus(scores[k]);
            tile->loss += negative_weight * loss;
        }
#pragma omp simd
        for (int64_t k = 0; k < K; k++) scores[k] = alpha_weight * sigmoid(scores[k]);
        group->center_cv[t - group->first_center] = alpha_weight * (REAL)K;
    }
    for (int64_t k = 0; k < K; k++)
        group->negative_cv[k] = (REAL)(plan->alpha * plan->group_weight[group->q]);
}

/* scores[i] = mean . row i, for (count, P) rows, at most STRIP_ROWS */
INLINE void mean_scores(
    int64_t padded_dim, const REAL *mean, int64_t count, const REAL *row, REAL *scores
) {
    for (int64_t first = 0; first < count; first += UNROLL) {
        const REAL *rows[UNROLL];
        for (int i = 0; i < UNROLL; i++)
            rows[i] = row + (first + i < count ? first + i : first) * padded_dim;
        dot_products(UNROLL, padded_dim, mean, rows, scores + first);
    }
}

/* For (count, P) rows of a tile with (count,) slots: weights to control-variate coefficients. That
   of row i, weights[i] sigmoid(row i . mean), is the sum that its S- gradients would have if all
   rows it meets were their mean. Keeps these scores. */
INLINE void weights_to_cv(
    const StepPlan *plan, RowSet *rows, const int32_t *slots, int64_t count, const REAL *row,
    REAL *weights
) {
    const int64_t P = plan->padded_dim;
    for (int64_t first = 0; first < count; first += STRIP_ROWS) {
        const int64_t strip = count - first < STRIP_ROWS ? count - first : STRIP_ROWS;
        REAL scores[STRIP_ROWS];
        mean_scores(P, rows->mean, strip, row + first * P, scores);
#pragma omp simd
        for (int64_t i = 0; i < strip; i++) weights[first + i] *= sigmoid(scores[i]);
        for (int64_t i = 0; i < strip; i++) rows->mean_score[slots[first + i]] = scores[i];
    }
}

/* S+ of a group's pairs, and NO_PAIR_SCORE at all other columns. */
INLINE void score_windows(const StepPlan *plan, TileScratch *tile, const Group *group) {
    const int64_t P = plan->padded_dim;
    const int64_t columns = plan->group * window_width(plan);
    const REAL *X = group->X;
    for (int64_t i = 0; i < columns; i++) tile->window_scores[i] = NO_PAIR_SCORE;
    for (int64_t t = group->first_center; t < group->end_center; t++, X += P) {
        const int64_t right = plan->right[t];
        REAL *window = window_of(plan, tile, group, t);
        for (int64_t column = -plan->left[t]; column < right; column += UNROLL) {
            const REAL *rows[UNROLL];
            for (int i = 0; i < UNROLL; i++) rows[i] = context_row(plan, group, t, column + i);
            dot_products(UNROLL, P, X, rows, window + column);
        }
        /* clear the unrolling remainder */
        for (int i = 0; i < ROWS_READ_PAST_END; i++) window[right + i] = NO_PAIR_SCORE;
    }
}

/* S+ of a group to alpha times the gradients. The weight of these pairs is 1. */
INLINE void window_scores_to_gradients(const StepPlan *plan, TileScratch *tile) {
    const int64_t columns = plan->group * window_width(plan);
    const REAL alpha = (REAL)plan->alpha;
    REAL *scores = tile->window_scores;
    if (plan->measure) {
        double loss = 0;
#pragma omp simd reduction(+ : loss)
        for (int64_t i = 0; i < columns; i++) loss += softplus(-scores[i]);
        tile->loss += loss;
    }
#pragma omp simd
    for (int64_t i = 0; i < columns; i++) scores[i] = -alpha * sigmoid(-scores[i]);
}
