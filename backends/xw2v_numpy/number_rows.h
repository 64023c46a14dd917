/* Number rows: give each distinct row of a batch a slot in its row set, and sum the weights of its
   pairs. All of it runs once a step, in the order of the batch. */

#pragma once

#include "numerics.h"

/* The slot of a row; a new one where the batch has not met it before. */
INLINE int32_t slot_of(RowSet *rows, int64_t id) {
    int32_t slot = rows->slot[id];
    if (slot < 0) {
        slot = (int32_t)rows->count++;
        rows->slot[id] = slot;
        rows->ids[slot] = id;
        rows->positive_weight[slot] = 0;
        rows->negative_weight[slot] = 0;
        rows->cv_coefficient[slot] = 0;
        rows->mean_score[slot] = 0;
    }
    return slot;
}

/* Whether all of (count,) values are in 0 .. end - 1. */
INLINE int all_below(int64_t end, const int64_t *values, int64_t count) {
    uint64_t outside = 0;
    for (int64_t i = 0; i < count; i++) outside |= (uint64_t)values[i] < (uint64_t)end ? 0 : 1;
    return !outside;
}

static int check_batch(const StepPlan *plan) {
    const int64_t T = plan->batch_tokens;
    const int64_t w = plan->window;
    const int64_t draws = T / plan->group * plan->shared_negatives;
    if (!all_below(plan->vocab_size, plan->tokens, T + 2 * w)) return ERROR_ID_OUTSIDE_VOCABULARY;
    if (!all_below(plan->vocab_size, plan->negatives, draws)) return ERROR_ID_OUTSIDE_VOCABULARY;
    if (!all_below(w + 1, plan->left, T)) return ERROR_EXTENT_OUTSIDE_WINDOW;
    if (!all_below(w + 1, plan->right, T)) return ERROR_EXTENT_OUTSIDE_WINDOW;
    return NO_ERROR;
}

/* Slots of the tokens as context words. Each is in one pair for each window that covers it, its own
   excepted. */
static void number_context_words(StepPlan *plan) {
    const int64_t T = plan->batch_tokens;
    const int64_t w = plan->window;
    memset(plan->window_delta, 0, (size_t)(T + 2 * w + 1) * sizeof *plan->window_delta);
    for (int64_t t = 0; t < T; t++) {
        plan->window_delta[w + t - plan->left[t]]++;
        plan->window_delta[w + t + plan->right[t] + 1]--;
    }
    int64_t windows = 0;
    for (int64_t i = 0; i < T + 2 * w; i++) { /* i is t + w */
        const int32_t slot = slot_of(plan->context, plan->tokens[i]);
        const int is_center = i >= w && i < T + w;
        windows += plan->window_delta[i];
        plan->context_slot[i] = slot;
        plan->context->positive_weight[slot] += (double)(windows - is_center);
    }
}

/* Slots of the tokens as centers, and group_weight. */
static void number_centers(StepPlan *plan) {
    const int64_t w = plan->window;
    const int64_t g = plan->group;
    for (int64_t q = 0; q < plan->batch_tokens / g; q++) {
        double group_pairs = 0;
        for (int64_t t = q * g; t < (q + 1) * g; t++) {
            const double pairs = (double)(plan->left[t] + plan->right[t]);
            const int32_t slot = slot_of(plan->center, plan->tokens[w + t]);
            plan->center_slot[t] = slot;
            plan->center->positive_weight[slot] += pairs;
            plan->center->negative_weight[slot] += plan->negative * pairs;
            group_pairs += pairs;
        }
        plan->group_weight[q] = group_pairs * plan->negative / (double)plan->shared_negatives;
    }
}

static void number_negatives(StepPlan *plan) {
    const int64_t K = plan->shared_negatives;
    for (int64_t q = 0; q < plan->batch_tokens / plan->group; q++) {
        for (int64_t k = q * K; k < (q + 1) * K; k++) {
            const int32_t slot = slot_of(plan->context, plan->negatives[k]);
            plan->negative_slot[k] = slot;
            plan->context->negative_weight[slot] += plan->group_weight[q];
        }
    }
}
