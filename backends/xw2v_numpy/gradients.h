/* The gradients of one group, at the places of its tokens, windows and negatives, in two stages of
   slices: those of its hidden vectors, and from them those of the other rows. */

#pragma once

#include "gather.h"

#define OUTSIDE_WINDOW ((REAL)1e4) /* a score whose gradient and loss are 0 */

/* How many context words token t has. */
INLINE int64_t context_words(const StepPlan *plan, int64_t q, int64_t t) {
    return plan->batch.left[q * plan->group + t] + plan->batch.right[q * plan->group + t];
}

/* The weight of token t's pairs with each of its negatives. */
INLINE REAL weight_of_negative(const StepPlan *plan, int64_t q, int64_t t) {
    const int64_t pairs = context_words(plan, q, t);
    const double positives = plan->cbow ? (double)(pairs > 0) : (double)pairs;
    return (REAL)(plan->negative / (double)plan->shared_negatives * positives);
}

/* The loss of pairs with (count,) scores: softplus(score) of negatives, sign 1; softplus(-score) of
   positives, sign -1. */
INLINE double loss_of(int64_t count, const REAL *scores, REAL sign) {
    REAL loss = 0;
#pragma omp simd reduction(+ : loss)
    for (int64_t i = 0; i < count; i++) loss += softplus(sign * scores[i]);
    return (double)loss;
}

/* Scores of tokens with the negatives, H N^T, which become gradients. Returns the loss. */
INLINE double
negative_gradients(const StepPlan *plan, int64_t q, Range tokens, const GroupScratch *scratch) {
    const int64_t P = plan->padded_dim, K = plan->shared_negatives, stride = padded(K);
    double loss = 0;
    for (int64_t t = tokens.first; t < tokens.last; t += TILE_ROWS) {
        Product scores = {
            scratch->H_by_dims + t * P / TERMS, P / TERMS, 1, scratch->NT, stride,
            multiplications(plan->dim),         1,
        };
        multiply(
            tokens.last - t, &scores, 1, stride, scratch->negative_scores + t * stride, stride
        );
        if (!plan->split) prefetch_group(plan, next_group(plan, q), t, t + TILE_ROWS);
    }
    for (int64_t t = tokens.first; t < tokens.last; t++) {
        const REAL weight = weight_of_negative(plan, q, t);
        REAL *scores = scratch->negative_scores + t * stride;
        if (plan->batch.measure) loss += (double)weight * loss_of(K, scores, 1);
#pragma omp simd
        for (int64_t k = 0; k < stride; k++)
            scores[k] = weight * sigmoid(scores[k]); /* beyond K unread */
    }
    const int64_t first = tokens.first * stride;
    round_operands(
        tokens.last - tokens.first, stride, scratch->negative_scores + first,
        scratch->G_by_negatives + first / TERMS, scratch->G_by_tokens + first / TERMS
    );
    return loss;
}

/* Scores of tokens with the words of their windows, which become gradients. Returns the loss. */
INLINE double
window_gradients(const StepPlan *plan, int64_t q, Range tokens, const GroupScratch *scratch) {
    const int64_t P = plan->padded_dim, w = plan->window, width = band_width(plan);
    double loss = 0;
    for (int64_t t = tokens.first; t < tokens.last; t++) {
        REAL *scores = scratch->band + t * width + BAND_MARGIN - t; /* indexed by row of R */
        const int64_t from = window_from(plan, q, t), to = window_to(plan, q, t);
        for (int64_t j = from; j < to; j += DOT_ROWS) { /* beyond `to` they are overwritten below */
            const REAL *rows[DOT_ROWS];
            for (int i = 0; i < DOT_ROWS; i++) rows[i] = scratch->R + (j + i) * P;
            dot_products(DOT_ROWS, P, scratch->H + t * P, rows, scores + j);
        }
        for (int64_t j = t - BAND_MARGIN; j < from; j++) scores[j] = OUTSIDE_WINDOW;
        for (int64_t j = to; j < t + width - BAND_MARGIN; j++) scores[j] = OUTSIDE_WINDOW;
        scores[t + w] = OUTSIDE_WINDOW; /* its own */
    }
    REAL *first = scratch->band + tokens.first * width;
    const int64_t count = (tokens.last - tokens.first) * width;
    if (plan->batch.measure) loss += loss_of(count, first, -1);
#pragma omp simd
    for (int64_t i = 0; i < count; i++) first[i] = -sigmoid(-first[i]);
    return loss;
}

/* CBOW: what each word of a window receives of the gradient of its hidden vector. */
INLINE REAL share_of_word(const StepPlan *plan, int64_t q, int64_t t) {
    const int64_t words = context_words(plan, q, t);
    return plan->cbow_full || words == 0 ? 1 : 1 / (REAL)words;
}

/* CBOW: scores of tokens with their hidden vectors, which become gradients, and those of hidden
   vectors with the reference's mean, which become the control variate's coefficients: what a
   token's score gradients with negatives add up to. Returns the loss. */
INLINE double
token_gradients(const StepPlan *plan, int64_t q, Range tokens, const GroupScratch *scratch) {
    const int64_t P = plan->padded_dim;
    const REAL scale = (REAL)(plan->convexity * plan->negative);
    REAL *positives = plan->token_gradients + q * plan->group, *controls = scratch->control_scores;
    double loss = 0;
    for (int64_t t = tokens.first; t < tokens.last; t++) {
        const REAL *rows[2] = {scratch->O + t * P, plan->reference_mean};
        REAL scores[2];
        dot_products(2, P, scratch->H + t * P, rows, scores);
        const int has_window = context_words(plan, q, t) > 0;
        positives[t] = has_window ? scores[0] : OUTSIDE_WINDOW;
        controls[t] = has_window ? scores[1] : -OUTSIDE_WINDOW;
    }
    for (int64_t t = tokens.first; plan->batch.measure && t < tokens.last; t++)
        loss += context_words(plan, q, t) > 0 ? (double)softplus(-positives[t]) : 0;
#pragma omp simd
    for (int64_t t = tokens.first; t < tokens.last; t++) {
        positives[t] = -sigmoid(-positives[t]);
        controls[t] = scale * sigmoid(controls[t]);
    }
    return loss;
}

/* What the gradients of hidden vectors from token t on sum over negatives: G N. */
INLINE Product hidden_product(const StepPlan *plan, const GroupScratch *scratch, int64_t t) {
    const int64_t stride = padded(plan->shared_negatives) / TERMS;
    return (Product){
        scratch->G_by_negatives + t * stride,
        stride,
        1,
        scratch->N_by_negatives,
        plan->padded_dim,
        multiplications(plan->shared_negatives),
        1,
    };
}

/* Stage 2 of a group, skip-gram: each token predicts the words of its window. */
static double
skipgram_gradients(const StepPlan *plan, int64_t q, int64_t slice, const GroupScratch *scratch) {
    const int64_t P = plan->padded_dim;
    const Range tokens = slice_of(plan->group, slice);
    double loss = negative_gradients(plan, q, tokens, scratch);
    loss += window_gradients(plan, q, tokens, scratch);
    REAL *dH = plan->gradients + q * plan->group * P;
    for (int64_t t = tokens.first; t < tokens.last; t += TILE_ROWS) {
        const int64_t rows = tokens.last - t < TILE_ROWS ? tokens.last - t : TILE_ROWS;
        Product products[2] = {
            hidden_product(plan, scratch, t), band_product(plan, q, scratch, t, rows)
        };
        multiply(rows, products, 2, P, dH + t * P, P);
    }
    return loss;
}

/* CBOW: the reference's mean minus that of the group's negatives: once for a group, or, where
   several threads work on it, once for each slice, so that no slice waits for another. */
INLINE const REAL *
offset_of_group(const StepPlan *plan, int64_t slice, const GroupScratch *scratch) {
    const int64_t P = plan->padded_dim;
    REAL *offset = scratch->offsets + (plan->split ? slice * P : 0);
    if (!plan->split && slice > 0) return offset;
    const REAL share = (REAL)(-1 / (double)plan->shared_negatives), one = 1;
    Product products[2] = {
        {&share, 0, 0, scratch->N, P, plan->shared_negatives},
        {&one, 0, 0, plan->reference_mean, P, 1},
    };
    multiply(1, products, 2, P, offset, P);
    return offset;
}

/* Stage 2 of a group, CBOW: the mean or sum of a window predicts the token. */
static double
cbow_gradients(const StepPlan *plan, int64_t q, int64_t slice, const GroupScratch *scratch) {
    const int64_t P = plan->padded_dim, g = plan->group;
    const Range tokens = slice_of(g, slice);
    double loss = negative_gradients(plan, q, tokens, scratch);
    loss += token_gradients(plan, q, tokens, scratch);
    for (int64_t t = tokens.first; t < tokens.last; t += TILE_ROWS) {
        Product product = hidden_product(plan, scratch, t);
        multiply(tokens.last - t, &product, 1, P, scratch->dH + t * P, P);
    }
    const int corrected = plan->batch.reference_rows > 0;
    const REAL *offset = corrected ? offset_of_group(plan, slice, scratch) : scratch->offsets;
    for (int64_t t = tokens.first; t < tokens.last; t++) {
        const REAL control = corrected ? scratch->control_scores[t] : 0;
        const REAL positive = plan->token_gradients[q * g + t], share = share_of_word(plan, q, t);
        const REAL *O = scratch->O + t * P;
        REAL *dH = scratch->dH + t * P;
        for (int64_t d = 0; d < P; d += SIMD_LANES) {
            simd_vector *of_word = (simd_vector *)(dH + d);
            *of_word = share * (*of_word + positive * *(const simd_vector *)(O + d) +
                                control * *(const simd_vector *)(offset + d));
        }
    }
    return loss;
}

/* CBOW: the gradient of word j of a group's windows, the sum of those of the hidden vectors that it
   is in. */
INLINE void sum_covering(
    const StepPlan *plan, int64_t q, int64_t slice, int64_t j, const GroupScratch *scratch,
    REAL *sum
) {
    const int64_t P = plan->padded_dim, w = plan->window, g = plan->group;
    int32_t *covering = scratch->covering + slice * (2 * w + 1);
    int64_t covered = 0;
    for (int64_t t = j > 2 * w ? j - 2 * w : 0; t < g && t <= j; t++) {
        const int64_t from = window_from(plan, q, t), to = window_to(plan, q, t);
        covering[covered] = (int32_t)t;
        covered += (from <= j) & (j < to) & (j != t + w);
    }
    if (covered == 0) memset(sum, 0, (size_t)P * sizeof(REAL));
    for (int64_t first = 0; first < covered; first += SUMMED_ROWS) {
        const int64_t count = covered - first < SUMMED_ROWS ? covered - first : SUMMED_ROWS;
        const REAL *rows[SUMMED_ROWS];
        for (int64_t i = 0; i < count; i++) rows[i] = scratch->dH + covering[first + i] * P;
        add_rows(count, first == 0, P, rows, 1, sum);
    }
}

/* Stage 3 of a group: gradients of its negatives, G^T H, and of its windows' tokens: band^T H in
   skip-gram, sums of dH in CBOW. */
static void
distribute(const StepPlan *plan, int64_t q, int64_t slice, const GroupScratch *scratch) {
    const int64_t P = plan->padded_dim, K = plan->shared_negatives;
    REAL *dN = plan->gradients + negative_place(plan, q) * P;
    REAL *dR = plan->gradients + window_place(plan, q) * P;
    const Range negatives = slice_of(K, slice), windows = slice_of(window_tokens(plan), slice);
    for (int64_t k = negatives.first; k < negatives.last; k += TILE_ROWS) {
        Product product = {
            scratch->G_by_tokens + k,     1, padded(K), scratch->H_by_tokens, P,
            multiplications(plan->group), 1,
        };
        multiply(negatives.last - k, &product, 1, P, dN + k * P, P);
    }
    if (plan->cbow) {
        for (int64_t j = windows.first; j < windows.last; j++)
            sum_covering(plan, q, slice, j, scratch, dR + j * P);
        return;
    }
    for (int64_t j = windows.first; j < windows.last; j += TILE_ROWS) {
        const int64_t rows = windows.last - j < TILE_ROWS ? windows.last - j : TILE_ROWS;
        Product product = transposed_band_product(plan, q, scratch, j, rows);
        multiply(rows, &product, 1, P, dR + j * P, P);
    }
    if (slice == 0) means_of_group(plan, q, scratch);
}
