/* Places: where the gradients of a batch land before they are summed by row. One for each of its T
   tokens, one for each of the g + 2w tokens of each group's windows, one for each negative of each
   scratch. Groups write their own places; then each row sums its own, in the order of the places.
   Who does what, and when, does not show in the result. */

#pragma once

#include <string.h>

#include "interface.h"
#include "numerics.h"

/* The two kinds of places that have pairs with negatives. means[TOKEN] is the mean of what tokens
   meet, the negatives' rows; means[NEGATIVE] that of what negatives meet, the tokens'. */
enum { TOKEN, NEGATIVE };

INLINE int64_t n_groups(const StepPlan *plan) { return plan->batch_tokens / plan->group; }

/* How many tokens the windows of a group can reach. */
INLINE int64_t window_tokens(const StepPlan *plan) { return plan->group + 2 * plan->window; }

/* The first place of group q's windows, and of its negatives; those of its tokens begin at q g. */
INLINE int64_t window_place(const StepPlan *plan, int64_t q) {
    return plan->batch_tokens + q * window_tokens(plan);
}
INLINE int64_t negative_place(const StepPlan *plan, int64_t q) {
    return window_place(plan, n_groups(plan)) + q * plan->shared_negatives;
}

/* Whether all of (count,) values are in 0 .. end - 1. */
INLINE int all_below(int64_t end, const int64_t *values, int64_t count) {
    uint64_t outside = 0;
    for (int64_t i = 0; i < count; i++) outside |= (uint64_t)values[i] < (uint64_t)end ? 0 : 1;
    return !outside;
}

/* Whether all that points somewhere points into the tables and windows: an error code. */
static int check_batch(const StepPlan *plan, const StepBatch *batch) {
    const int64_t T = plan->batch_tokens, w = plan->window, end = plan->vocab_size;
    const int64_t draws = n_groups(plan) * plan->shared_negatives;
    if (!all_below(end, batch->tokens, T + 2 * w)) return ERROR_ID_OUTSIDE_VOCABULARY;
    if (!all_below(end, batch->negatives, draws)) return ERROR_ID_OUTSIDE_VOCABULARY;
    if (!all_below(end, batch->reference, batch->reference_rows))
        return ERROR_ID_OUTSIDE_VOCABULARY;
    if (!all_below(w + 1, batch->left, T)) return ERROR_EXTENT_OUTSIDE_WINDOW;
    if (!all_below(w + 1, batch->right, T)) return ERROR_EXTENT_OUTSIDE_WINDOW;
    return NO_ERROR;
}

/* The part of a row set that a row belongs to: any hash of its id will do. */
INLINE int64_t part_of(int64_t id, int64_t parts) {
    return (int64_t)((uint64_t)((uint32_t)id * 0x9E3779B1u) * (uint64_t)parts >> 32);
}

/* Give each row of a part that is met in (count,) places from `place` on, whose rows are ids, a
   slot, and chain its places. */
INLINE void number_places(
    const StepPlan *plan, RowSet *rows, int64_t part_number, int64_t place, const int64_t *ids,
    int64_t count
) {
    Part *part = rows->parts + part_number;
    for (int64_t i = 0; i < count; i++, place++) {
        if (plan->parts > 1 && part_of(ids[i], plan->parts) != part_number) continue;
        int32_t slot = rows->slot[ids[i]];
        plan->next_place[place] = -1;
        if (slot < 0) {
            slot = (int32_t)part->count++;
            rows->slot[ids[i]] = slot;
            part->ids[slot] = ids[i];
            part->first_place[slot] = (int32_t)place;
        } else {
            plan->next_place[part->last_place[slot]] = (int32_t)place;
        }
        part->last_place[slot] = (int32_t)place;
    }
}

/* Number the rows of a part, in the order of their first places. */
static void number_rows(const StepPlan *plan, RowSet *rows, int64_t part) {
    const int64_t *tokens = plan->batch.tokens, groups = n_groups(plan);
    rows->parts[part].count = 0;
    if (rows->has_tokens)
        number_places(plan, rows, part, 0, tokens + plan->window, plan->batch_tokens);
    for (int64_t q = 0; rows->has_windows && q < groups; q++)
        number_places(
            plan, rows, part, window_place(plan, q), tokens + q * plan->group, window_tokens(plan)
        );
    if (rows->has_negatives)
        number_places(
            plan, rows, part, negative_place(plan, 0), plan->batch.negatives,
            groups * plan->shared_negatives
        );
}

/* The weights of a group's places. A word of a window is in one pair for each window that covers
   it, its own excepted: `covering` first holds how many windows begin minus how many ended at each
   token, and its prefix sum is how many cover the token. */
static void compute_weights(StepPlan *plan, int64_t q) {
    const int64_t w = plan->window, g = plan->group, K = plan->shared_negatives;
    const int64_t n = window_tokens(plan);
    const int64_t *left = plan->batch.left + q * g, *right = plan->batch.right + q * g;
    double *positive = plan->positive_weight, *negative = plan->negative_weight;
    double pairs = 0;
    for (int64_t t = 0; t < g; t++) {
        positive[q * g + t] = (double)(left[t] + right[t]);
        negative[q * g + t] = plan->negative * positive[q * g + t];
        pairs += positive[q * g + t];
    }
    plan->group_weight[q] = plan->negative * pairs;
    for (int64_t k = 0; k < K; k++) {
        positive[negative_place(plan, q) + k] = 0;
        negative[negative_place(plan, q) + k] = plan->group_weight[q] / (double)K;
    }
    double *covering = positive + window_place(plan, q); /* (g + 2w,) */
    memset(covering, 0, (size_t)n * sizeof *covering);
    memset(negative + window_place(plan, q), 0, (size_t)n * sizeof *negative);
    for (int64_t t = 0; t < g; t++) {
        const int64_t past = w + t + right[t] + 1;
        covering[w + t - left[t]] += 1;
        if (past < n) covering[past] -= 1;
    }
    double windows = 0;
    for (int64_t j = 0; j < n; j++) {
        const int is_center = j >= w && j < w + g;
        windows += covering[j];
        covering[j] = windows - is_center;
    }
}
