/* The gradients of one group, at the places of its tokens, windows and negatives, in two phases of
   slices: those of its hidden vectors, and from them those of the other rows. */

#pragma once

#include "gather.h"

#define OUTSIDE_WINDOW ((REAL)1e4) /* a score of which gradient and loss are 0 */

/* The words of token t's window. */
INLINE int64_t window_pairs(const StepPlan *plan, int64_t q, int64_t t) {
    return plan->left[q * plan->group + t] + plan->right[q * plan->group + t];
}

/* The weight of token t's pairs with each of its negatives. */
INLINE REAL weight_of_negative(const StepPlan *plan, int64_t q, int64_t t) {
    const int64_t pairs = window_pairs(plan, q, t);
    const double positives = plan->cbow ? (double)(pairs > 0) : (double)pairs;
    return (REAL)(plan->negative / (double)plan->shared_negatives * positives);
}

/* Scores of tokens with the negatives, H N^T, which become gradients; their loss. */
INLINE double negative_gradients(
    const StepPlan *plan, int64_t q, Range tokens, const Group *group
) {
    const int64_t P = plan->padded_dim, K = plan->shared_negatives, stride = padded(K);
    double loss = 0;
    for (int64_t t = tokens.first; t < tokens.last; t += TILE_ROWS) {
        Product scores = {group->H + t * P, P, 1, group->NT, stride, plan->dim};
        multiply(tokens.last - t, &scores, 1, stride, group->negatives + t * stride, stride);
    }
    for (int64_t t = tokens.first; t < tokens.last; t++) {
        const REAL weight = weight_of_negative(plan, q, t);
        REAL *scores = group->negatives + t * stride;
        if (plan->measure)
            for (int64_t k = 0; k < K; k++) loss += (double)weight * softplus(scores[k]);
#pragma omp simd
        for (int64_t k = 0; k < stride; k++) scores[k] = weight * sigmoid(scores[k]);
    }
    return loss;
}

/* Scores of tokens with the words of their windows, which become gradients; their loss. */
INLINE double window_gradients(const StepPlan *plan, int64_t q, Range tokens, const Group *group) {
    const int64_t P = plan->padded_dim, w = plan->window, width = band_width(plan);
    double loss = 0;
    for (int64_t t = tokens.first; t < tokens.last; t++) {
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
    REAL *first = group->band + tokens.first * width;
    const int64_t count = (tokens.last - tokens.first) * width;
    if (plan->measure)
        for (int64_t i = 0; i < count; i++) loss += softplus(-first[i]);
#pragma omp simd
    for (int64_t i = 0; i < count; i++) first[i] = -sigmoid(-first[i]);
    return loss;
}

/* CBOW: the share of each word of a window in its hidden vector; all are alike. */
INLINE void window_shares(const StepPlan *plan, int64_t q, Range tokens, const Group *group) {
    const int64_t width = band_width(plan);
    for (int64_t t = tokens.first; t < tokens.last; t++) {
        REAL *shares = group->band + t * width + BAND_MARGIN - t;
        memset(group->band + t * width, 0, (size_t)width * sizeof(REAL));
        for (int64_t j = window_from(plan, q, t); j < window_to(plan, q, t); j++)
            shares[j] = plan->cbow_mean ? 1 / (REAL)window_pairs(plan, q, t) : 1;
        shares[t + plan->window] = 0; /* its own */
    }
}

/* CBOW: what a window's words receive of its hidden vector's gradient, over their share in it. */
INLINE REAL received(const StepPlan *plan, int64_t q, int64_t t) {
    const int64_t pairs = window_pairs(plan, q, t);
    if (pairs == 0 || plan->cbow_mean != plan->cbow_full) return 1;
    return plan->cbow_full ? (REAL)pairs : 1 / (REAL)pairs;
}

/* CBOW: scores of tokens with their hidden vectors, which become gradients; their loss. */
INLINE double token_gradients(const StepPlan *plan, int64_t q, Range tokens, const Group *group) {
    const int64_t P = plan->padded_dim;
    double loss = 0;
    for (int64_t t = tokens.first; t < tokens.last; t++) {
        const REAL *row = group->O + t * P;
        dot_products(1, P, group->H + t * P, &row, group->positives + t);
        if (window_pairs(plan, q, t) == 0) group->positives[t] = OUTSIDE_WINDOW;
        else if (plan->measure) loss += softplus(-group->positives[t]);
        group->positives[t] = -sigmoid(-group->positives[t]);
    }
    return loss;
}

/* Phase 2 of a group, skip-gram: each token predicts the words of its window. */
FOR_EACH_PROCESSOR static double skipgram_gradients(
    const StepPlan *plan, int64_t q, int64_t slice, const Group *group
) {
    const int64_t P = plan->padded_dim, K = plan->shared_negatives;
    const Range tokens = slice_of(plan->group, slice);
    double loss = negative_gradients(plan, q, tokens, group);
    loss += window_gradients(plan, q, tokens, group);
    REAL *dH = plan->gradients + q * plan->group * P;
    for (int64_t t = tokens.first; t < tokens.last; t += TILE_ROWS) {
        const int64_t rows = tokens.last - t < TILE_ROWS ? tokens.last - t : TILE_ROWS;
        const REAL *scores = group->negatives + t * padded(K);
        Product products[2] = {
            {scores, padded(K), 1, group->N, P, K}, by_window(plan, q, group, t, rows)};
        multiply(rows, products, 2, P, dH + t * P, P);
    }
    return loss;
}

/* Phase 2 of a group, CBOW: the mean or sum of a window predicts the token. Nothing is corrected or
   damped. */
FOR_EACH_PROCESSOR static double cbow_gradients(
    const StepPlan *plan, int64_t q, int64_t slice, const Group *group
) {
    const int64_t P = plan->padded_dim, g = plan->group, K = plan->shared_negatives;
    const Range tokens = slice_of(g, slice);
    window_shares(plan, q, tokens, group);
    for (int64_t t = tokens.first; t < tokens.last; t += TILE_ROWS) {
        const int64_t rows = tokens.last - t < TILE_ROWS ? tokens.last - t : TILE_ROWS;
        Product product = by_window(plan, q, group, t, rows);
        multiply(rows, &product, 1, P, group->H + t * P, P);
    }
    double loss = negative_gradients(plan, q, tokens, group);
    loss += token_gradients(plan, q, tokens, group);
    for (int64_t t = tokens.first; t < tokens.last; t++) {
        const REAL positive = group->positives[t], *scores = group->negatives + t * padded(K);
        const REAL factor = received(plan, q, t);
        REAL *dO = plan->gradients + (q * g + t) * P, *dH = group->dH + t * P;
        Product products[2] = {
            {scores, 0, 1, group->N, P, K}, {&positive, 0, 0, group->O + t * P, P, 1}};
        multiply(1, products, 2, P, dH, P);
        for (int64_t d = 0; d < P; d++) dO[d] = positive * group->H[t * P + d];
        for (int64_t d = 0; d < P; d++) dH[d] *= factor;
    }
    return loss;
}

/* Phase 3 of a group: gradients of its negatives, G^T H, and of its windows' tokens, from those that
   they were multiplied with (skip-gram) or summed into (CBOW). */
FOR_EACH_PROCESSOR static void distribute(
    const StepPlan *plan, int64_t q, int64_t slice, const Group *group
) {
    const int64_t P = plan->padded_dim, K = plan->shared_negatives;
    REAL *dN = plan->gradients + negative_place(plan, q) * P;
    REAL *dR = plan->gradients + window_place(plan, q) * P;
    const Range negatives = slice_of(K, slice), windows = slice_of(window_tokens(plan), slice);
    for (int64_t k = negatives.first; k < negatives.last; k += TILE_ROWS) {
        Product product = {group->negatives + k, 1, padded(K), group->H, P, plan->group};
        multiply(negatives.last - k, &product, 1, P, dN + k * P, P);
    }
    for (int64_t j = windows.first; j < windows.last; j += TILE_ROWS) {
        const int64_t rows = windows.last - j < TILE_ROWS ? windows.last - j : TILE_ROWS;
        Product product = by_tokens(plan, q, group, j, rows, plan->cbow ? group->dH : group->H);
        multiply(rows, &product, 1, P, dR + j * P, P);
    }
    if (slice == 0 && !plan->cbow) means_of_group(plan, q, group);
}
