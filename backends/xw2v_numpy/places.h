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

static int check_batch(const StepPlan *plan) {
    const int64_t T = plan->batch_tokens;
    const int64_t w = plan->window;
    const int64_t draws = n_groups(plan) * plan->shared_negatives;
    if (!all_below(plan->vocab_size, plan->batch.tokens, T + 2 * w))
        return ERROR_ID_OUTSIDE_VOCABULARY;
    if (!all_below(plan->vocab_size, plan->batch.negatives, draws))
        return ERROR_ID_OUTSIDE_VOCABULARY;
    if (!all_below(plan->vocab_size, plan->batch.reference, plan->batch.reference_rows))
        return ERROR_ID_OUTSIDE_VOCABULARY;
    if (!all_below(w + 1, plan->batch.left, T)) return ERROR_EXTENT_OUTSIDE_WINDOW;
    if (!all_below(w + 1, plan->batch.right, T)) return ERROR_EXTENT_OUTSIDE_WINDOW;
    return NO_ERROR;
}

static void fill_place_ids(StepPlan *plan) {
    const int64_t w = plan->window, g = plan->group, K = plan->shared_negatives;
    memcpy(plan->place_id, plan->batch.tokens + w, (size_t)plan->batch_tokens * sizeof(int64_t));
    for (int64_t q = 0; q < n_groups(plan); q++)
        memcpy(
            plan->place_id + window_place(plan, q), plan->batch.tokens + q * g,
            (size_t)window_tokens(plan) * sizeof(int64_t)
        );
    memcpy(
        plan->place_id + negative_place(plan, 0), plan->batch.negatives,
        (size_t)(n_groups(plan) * K) * sizeof(int64_t)
    );
}

/* The part of a row set that a row belongs to: any hash of its id will do. */
INLINE int64_t part_of(int64_t id, int64_t parts) {
    return (int64_t)((uint64_t)((uint32_t)id * 0x9E3779B1u) * (uint64_t)parts >> 32);
}

/* Give each row of a part a slot, and chain its places. */
static void number_rows(StepPlan *plan, RowSet *rows, int64_t part_number) {
    Part *part = rows->parts + part_number;
    const int64_t ranges[2][2] = {{rows->first, rows->last}, {rows->more_first, rows->more_last}};
    int64_t count = 0;
    for (int range = 0; range < 2; range++)
        for (int64_t place = ranges[range][0]; place < ranges[range][1]; place++) {
            const int64_t id = plan->place_id[place];
            if (plan->parts > 1 && part_of(id, plan->parts) != part_number) continue;
            int32_t slot = rows->slot[id];
            plan->next_place[place] = -1;
            if (slot < 0) {
                slot = (int32_t)count++;
                rows->slot[id] = slot;
                part->ids[slot] = id;
                part->first_place[slot] = (int32_t)place;
            } else {
                plan->next_place[part->last_place[slot]] = (int32_t)place;
            }
            part->last_place[slot] = (int32_t)place;
        }
    part->count = count;
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
