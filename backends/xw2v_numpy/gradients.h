/* The gradients of one group, at the places of its tokens, windows and negatives. */

#pragma once

#include "gather.h"

#define OUTSIDE_WINDOW ((REAL)1e4) /* a score of which gradient and loss are 0 */

/* The weight of token t's pairs with each of its negatives. */
INLINE REAL weight_of_negative(const StepPlan *plan, int64_t q, int64_t t) {
    const int64_t pairs = plan->left[q * plan->group + t] + plan->right[q * plan->group + t];
    const double positives = plan->cbow ? (double)(pairs > 0) : (double)pairs;
    return (REAL)(plan->negative / (double)plan->shared_negatives * positives);
}

/* Scores of the negatives, H N^T, which become gradients; their loss. */
INLINE double negative_gradients(const StepPlan *plan, int64_t q, const Group *group) {
    const int64_t P = plan->padded_dim, g = plan->group, K = plan->shared_negatives;
    const int64_t stride = padded(K);
    double loss = 0;
    for (int64_t t = 0; t < g; t += TILE_ROWS) {
        Product scores = {group->H + t * P, P, 1, group->NT, stride, plan->dim};
        multiply(g - t, &scores, 1, stride, group->negatives + t * stride, stride);
    }
    for (int64_t t = 0; t < g; t++) {
        const REAL weight = weight_of_negative(plan, q, t);
        REAL *scores = group->negatives + t * stride;
        if (plan->measure)
            for (int64_t k = 0; k < K; k++) loss += (double)weight * softplus(scores[k]);
#pragma omp simd
        for (int64_t k = 0; k < stride; k++) scores[k] = weight * sigmoid(scores[k]);
    }
    return loss;
}

/* Scores of each token with the words of its window, which become gradients; their loss. */
INLINE double window_gradients(const StepPlan *plan, int64_t q, const Group *group) {
    const int64_t P = plan->padded_dim, g = plan->group, w = plan->window;
    const int64_t width = band_width(plan);
    double loss = 0;
    for (int64_t t = 0; t < g; t++) {
        REAL *scores = group->band + t * width + BAND_MARGIN - t; /* by the row of R */
        const int64_t from = window_from(plan, q, t), to = window_to(plan, q, t);
        for (int64_t j = from; j < to; j += DOT_ROWS) { /* beyond `to` they are overwritten below */
            const REAL *rows[DOT_ROWS];
            for (int i = 0; i < DOT_ROWS; i++) rows[i] = group->R + (j + i) * P;
            dot_products(DOT_ROWS, P, group->H + t * P, rows, scores + j);
        }
        for (int64_t j = t - BAND_MARGIN; j < from; j++) scores[j] = OUTSIDE_WINDOW;
        for (int64_t j = to; j < t + width - BAND_MARGIN; j++) scores[j] = OUTSIDE_WINDOW;
        scores[t + w] = OUTSIDE_WINDOW; /* its own */
    }
    if (plan->measure)
        for (int64_t i = 0; i < g * width; i++) loss += softplus(-group->band[i]);
#pragma omp simd
    for (int64_t i = 0; i < g * width; i++) group->band[i] = -sigmoid(-group->band[i]);
    return loss;
}

/* Gradients of the rows of R from those of B, which they were summed into or multiplied with. */
INLINE void distribute(const StepPlan *plan, int64_t q, const Group *group, const REAL *B) {
    const int64_t P = plan->padded_dim, n = window_tokens(plan);
    REAL *dR = plan->gradients + window_place(plan, q) * P;
    for (int64_t j = 0; j < n; j += TILE_ROWS) {
        const int64_t rows = n - j < TILE_ROWS ? n - j : TILE_ROWS;
        Product product = by_tokens(plan, q, group, j, rows, B);
        multiply(rows, &product, 1, P, dR + j * P, P);
    }
}

/* Gradients of the negatives, G^T H. */
INLINE void distribute_to_negatives(const StepPlan *plan, int64_t q, const Group *group) {
    const int64_t P = plan->padded_dim, K = plan->shared_negatives;
    REAL *dN = plan->gradients + negative_place(plan, q) * P;
    for (int64_t k = 0; k < K; k += TILE_ROWS) {
        Product product = {group->negatives + k, 1, padded(K), group->H, P, plan->group};
        multiply(K - k, &product, 1, P, dN + k * P, P);
    }
}

/* Each token predicts the words of its window. */
FOR_EACH_PROCESSOR static void skipgram_gradients(StepPlan *plan, int64_t q, int64_t thread) {
    const Group group = group_in(plan, plan->scratch + thread * plan->scratch_size);
    const int64_t P = plan->padded_dim, g = plan->group, K = plan->shared_negatives;
    gather(plan, q, &group);
    weigh_places(plan, q);
    means_of_group(plan, q, &group);
    plan->group_loss[q] = negative_gradients(plan, q, &group);
    plan->group_loss[q] += window_gradients(plan, q, &group);
    REAL *dH = plan->gradients + q * g * P;
    for (int64_t t = 0; t < g; t += TILE_ROWS) {
        const int64_t rows = g - t < TILE_ROWS ? g - t : TILE_ROWS;
        const REAL *scores = group.negatives + t * padded(K);
        Product products[2] = {
            {scores, padded(K), 1, group.N, P, K}, by_window(plan, q, &group, t, rows)};
        multiply(rows, products, 2, P, dH + t * P, P);
    }
    distribute_to_negatives(plan, q, &group);
    distribute(plan, q, &group, group.H);
}

/* CBOW: the share of each word of a window in its hidden vector; all are alike. */
INLINE void window_shares(const StepPlan *plan, int64_t q, const Group *group) {
    const int64_t width = band_width(plan), g = plan->group;
    memset(group->band, 0, (size_t)(g * width) * sizeof(REAL));
    for (int64_t t = 0; t < g; t++) {
        const int64_t pairs = plan->left[q * g + t] + plan->right[q * g + t];
        REAL *shares = group->band + t * width + BAND_MARGIN - t;
        for (int64_t j = window_from(plan, q, t); j < window_to(plan, q, t); j++)
            shares[j] = plan->cbow_mean ? 1 / (REAL)pairs : 1;
        shares[t + plan->window] = 0; /* its own */
    }
}

/* CBOW: what a window's words receive of its hidden vector's gradient, over their share in it. */
INLINE REAL received(const StepPlan *plan, int64_t q, int64_t t) {
    const int64_t pairs = plan->left[q * plan->group + t] + plan->right[q * plan->group + t];
    if (pairs == 0 || !plan->cbow_mean == plan->cbow_full) return 1;
    return plan->cbow_full ? (REAL)pairs : 1 / (REAL)pairs;
}

/* CBOW: scores of the tokens with their hidden vectors, which become gradients; their loss. */
INLINE double token_gradients(const StepPlan *plan, int64_t q, const Group *group) {
    const int64_t P = plan->padded_dim, g = plan->group;
    double loss = 0;
    for (int64_t t = 0; t < g; t++) {
        const REAL *row = group->O + t * P;
        dot_products(1, P, group->H + t * P, &row, group->positives + t);
        if (plan->left[q * g + t] + plan->right[q * g + t] == 0)
            group->positives[t] = OUTSIDE_WINDOW;
        else if (plan->measure) loss += softplus(-group->positives[t]);
    }
    for (int64_t t = 0; t < g; t++) group->positives[t] = -sigmoid(-group->positives[t]);
    return loss;
}

/* Each token is predicted by the mean or sum of its window. Nothing is corrected or damped. */
FOR_EACH_PROCESSOR static void cbow_gradients(StepPlan *plan, int64_t q, int64_t thread) {
    const Group group = group_in(plan, plan->scratch + thread * plan->scratch_size);
    const int64_t P = plan->padded_dim, g = plan->group, K = plan->shared_negatives;
    gather(plan, q, &group);
    window_shares(plan, q, &group);
    for (int64_t t = 0; t < g; t += TILE_ROWS) {
        const int64_t rows = g - t < TILE_ROWS ? g - t : TILE_ROWS;
        Product product = by_window(plan, q, &group, t, rows);
        multiply(rows, &product, 1, P, group.H + t * P, P);
    }
    plan->group_loss[q] = negative_gradients(plan, q, &group);
    plan->group_loss[q] += token_gradients(plan, q, &group);
    for (int64_t t = 0; t < g; t++) {
        const REAL positive = group.positives[t], *scores = group.negatives + t * padded(K);
        Product products[2] = {
            {scores, 0, 1, group.N, P, K}, {&positive, 0, 0, group.O + t * P, P, 1}};
        multiply(1, products, 2, P, group.dH + t * P, P);
        REAL *dO = plan->gradients + (q * g + t) * P;
        for (int64_t d = 0; d < P; d++) dO[d] = positive * group.H[t * P + d];
        const REAL factor = received(plan, q, t);
        for (int64_t d = 0; d < P; d++) group.dH[t * P + d] *= factor;
    }
    distribute_to_negatives(plan, q, &group);
    distribute(plan, q, &group, group.dH);
}
