/* The rows of a group copied side by side, and the means that its control variate needs. */

#pragma once

#include "group.h"

/* Rows `range` of ids; the padding of `to` is zero since it was allocated. */
INLINE void
copy_rows(const StepPlan *plan, const REAL *table, const int64_t *ids, Range range, REAL *to) {
    const int64_t D = plan->dim;
    for (int64_t i = range.first; i < range.last; i++) {
        if (i + PREFETCH_ROWS < range.last) prefetch(table + ids[i + PREFETCH_ROWS] * D, D);
        memcpy(to + i * plan->padded_dim, table + ids[i] * D, (size_t)D * sizeof(REAL));
    }
}

/* The group that the thread of group q will most likely do next; of two threads, one works from
   the last group on. */
INLINE int64_t next_group(const StepPlan *plan, int64_t q) {
    if (plan->threads != 2) return q + plan->threads;
    return q < n_groups(plan) / 2 ? q + 1 : q - 1;
}

/* Prefetch rows of group q, those of its tokens `begin` .. `end` - 1 and a like share of the
   others, while the group before it is worked on. */
INLINE void prefetch_group(const StepPlan *plan, int64_t q, int64_t begin, int64_t end) {
    const int64_t D = plan->dim, g = plan->group, w = plan->window, K = plan->shared_negatives;
    if (q >= n_groups(plan)) return;
    const int64_t *tokens = plan->batch.tokens + q * g + w,
                  *negatives = plan->batch.negatives + q * K;
    const REAL *input = plan->input->table, *output = plan->output->table;
    for (int64_t t = begin; t < end && t < g; t++) {
        prefetch_for_later(input + tokens[t] * D, D);
        prefetch_for_later(output + tokens[t] * D, D);
    }
    for (int64_t k = K * begin / g; k < K * end / g && k < K; k++)
        prefetch_for_later(output + negatives[k] * D, D);
}

/* CBOW: the hidden vector of token t, the mean or sum of its window's rows. */
INLINE void sum_window(const StepPlan *plan, int64_t q, int64_t t, const GroupScratch *scratch) {
    const int64_t D = plan->dim, at = q * plan->group + t;
    const int64_t left = plan->batch.left[at], words = left + plan->batch.right[at];
    const int64_t *tokens = plan->batch.tokens + at + plan->window - left; /* of the window */
    REAL *H = scratch->H + t * plan->padded_dim;
    if (words == 0) memset(H, 0, (size_t)D * sizeof(REAL));
    for (int64_t first = 0; first < words; first += SUMMED_ROWS) {
        const int64_t count = words - first < SUMMED_ROWS ? words - first : SUMMED_ROWS;
        const int is_last = first + count == words;
        const REAL *rows[SUMMED_ROWS];
        for (int64_t i = 0; i < count; i++) /* its own token is left out */
            rows[i] = plan->input->table + tokens[first + i + (first + i >= left)] * D;
        add_rows(count, first == 0, D, rows, is_last && plan->cbow_mean ? 1 / (REAL)words : 1, H);
    }
}

/* The operands of a slice's rows. */
INLINE void
round_rows_of_group(const StepPlan *plan, Range negatives, Range own, const GroupScratch *scratch) {
    const int64_t P = plan->padded_dim, k = negatives.first, t = own.first;
    round_operands(
        negatives.last - k, P, scratch->N + k * P, scratch->N_by_dims + k * P / TERMS,
        scratch->N_by_negatives + k / TERMS * P
    );
    transpose(
        negatives.last - k, P / TERMS, scratch->N_by_dims + k * P / TERMS, scratch->NT + k,
        padded(plan->shared_negatives)
    );
    round_operands(
        own.last - t, P, scratch->H + t * P, scratch->H_by_dims + t * P / TERMS,
        scratch->H_by_tokens + t / TERMS * P
    );
}

/* Stage 1 of a group: a slice of its rows. */
INLINE void gather(const StepPlan *plan, int64_t q, int64_t slice, const GroupScratch *scratch) {
    const int64_t w = plan->window, g = plan->group, K = plan->shared_negatives;
    const int64_t *tokens =
        plan->batch.tokens + q * g; /* of the windows; the group's own from w on */
    const REAL *input = plan->input->table, *output = plan->output->table;
    const Range negatives = slice_of(K, slice), own = slice_of(g, slice);
    copy_rows(plan, output, plan->batch.negatives + q * K, negatives, scratch->N);
    if (plan->cbow) {
        for (int64_t t = own.first; t < own.last; t++) {
            const int64_t ahead = t + w + PREFETCH_ROWS; /* beyond the words of this window */
            if (ahead < window_tokens(plan)) prefetch(input + tokens[ahead] * plan->dim, plan->dim);
            sum_window(plan, q, t, scratch);
        }
        copy_rows(plan, output, tokens + w, own, scratch->O);
    } else {
        copy_rows(plan, output, tokens, slice_of(window_tokens(plan), slice), scratch->R);
        copy_rows(plan, input, tokens + w, own, scratch->H);
    }
    round_rows_of_group(plan, negatives, own, scratch);
}

/* The mean of the negatives, and the mean of the tokens weighted by their pairs with negatives. */
INLINE void means_of_group(const StepPlan *plan, int64_t q, const GroupScratch *scratch) {
    const int64_t P = plan->padded_dim, g = plan->group, K = plan->shared_negatives;
    const double total = plan->group_weight[q] > 0 ? plan->group_weight[q] : 1;
    const REAL share = (REAL)(1 / (double)K);
    Product negatives = {&share, 0, 0, scratch->N, P, K};
    multiply(1, &negatives, 1, P, plan->group_means + (TOKEN * n_groups(plan) + q) * P, P);
    for (int64_t t = 0; t < g; t++)
        scratch->token_weights[t] = (REAL)(plan->negative_weight[q * g + t] / total);
    Product tokens = {scratch->token_weights, 0, 1, scratch->H, P, g};
    multiply(1, &tokens, 1, P, plan->group_means + (NEGATIVE * n_groups(plan) + q) * P, P);
}

INLINE int64_t reference_units(const StepPlan *plan) {
    return plan->batch.reference_rows > 0 ? REFERENCE_PARTS : 0;
}

/* CBOW: the sum of some of the reference's rows. */
static void sum_of_reference(StepPlan *plan, int64_t unit) {
    const int64_t D = plan->dim, R = plan->batch.reference_rows;
    const int64_t begin = R * unit / REFERENCE_PARTS, end = R * (unit + 1) / REFERENCE_PARTS;
    const int64_t *ids = plan->batch.reference;
    REAL *sum = plan->reference_sums + unit * plan->padded_dim;
    if (begin == end) memset(sum, 0, (size_t)D * sizeof(REAL));
    for (int64_t first = begin; first < end; first += SUMMED_ROWS) {
        const int64_t count = end - first < SUMMED_ROWS ? end - first : SUMMED_ROWS;
        const REAL *rows[SUMMED_ROWS];
        for (int64_t i = 0; i < count; i++) {
            const int64_t ahead = first + i + SUMMED_ROWS;
            if (ahead < end) prefetch(plan->output->table + ids[ahead] * D, D);
            rows[i] = plan->output->table + ids[first + i] * D;
        }
        add_rows(count, first == begin, D, rows, 1, sum);
    }
}

/* CBOW: the mean of the reference's rows. */
static void mean_of_reference(StepPlan *plan) {
    const REAL share = (REAL)(1 / (double)plan->batch.reference_rows);
    Product sums = {&share, 0, 0, plan->reference_sums, plan->padded_dim, REFERENCE_PARTS};
    multiply(1, &sums, 1, plan->padded_dim, plan->reference_mean, plan->padded_dim);
}

/* The means of the batch from those of its groups, and the directions of damping. */
static void means_of_batch(StepPlan *plan) {
    const int64_t P = plan->padded_dim;
    double total = 0;
    for (int64_t q = 0; q < n_groups(plan); q++) total += plan->group_weight[q];
    memset(plan->means, 0, (size_t)(2 * P) * sizeof(REAL));
    for (int kind = TOKEN; kind <= NEGATIVE; kind++)
        for (int64_t q = 0; q < n_groups(plan); q++) {
            const REAL share = (REAL)(plan->group_weight[q] / (total > 0 ? total : 1));
            const REAL *mean = plan->group_means + (kind * n_groups(plan) + q) * P;
            for (int64_t d = 0; d < P; d++) plan->means[kind * P + d] += share * mean[d];
        }
    RowSet *sets[2] = {plan->input, plan->output};
    for (int i = 0; i < 2; i++)
        for (int64_t d = 0; d < P; d++)
            sets[i]->direction[d] = (REAL)sets[i]->token_share * plan->means[TOKEN * P + d] +
                                    (REAL)sets[i]->negative_share * plan->means[NEGATIVE * P + d];
}
