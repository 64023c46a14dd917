/* One skip-gram step on the CPU, in phases: the functions that compiled.py calls, in this order.
   The plain form of the step is xw2v/sgns/step.py, that of `apply` xw2v/sgns/update.py.

       number_rows             give each distinct row of the batch a slot; sum its pairs' weights
       means                   of the rows of each table that are in pairs with negatives
       for each tile (some whole groups, whose rows fit a core's cache):
           gather              copy the rows of its tokens and negatives side by side
             (NumPy)           negative_scores = X NT
           negative_gradients  scores to gradients G; control-variate coefficients
             (NumPy)           dX = G N, dN = G^T X
           accumulate          for each group: window scores, their gradients, then all sums
       apply                   move the rows of a table by their sums

   The tables are only read until `apply`: all gradients are taken at the rows before the step.
   What each phase writes, beside its locals:

       number_rows             the plan and the row sets
       means                   the mean of each row set
       gather                  the scratch
       negative_gradients      the scratch; mean_score of its rows (the same in every tile)
       accumulate              the scratch; sums and cv_coefficient of its rows
       apply                   rows first .. last - 1 of a table, and their sums and slots

   Tiles share rows, and a sum depends on the order of its terms: accumulate takes the tiles in the
   order of the batch, so that the same input gives the same bits.

   Axes:     V vocab_size, D dim, P padded_dim, T batch_tokens, w window, g group,
             K shared_negatives; T/g groups of a batch; n tokens, n/g groups of a tile; M rows of a
             row set.
   Indices:  t, u tokens of the batch, q a group, k a negative, d a dimension.

   Rows of the tables are D long. All other rows are P long, which is D rounded up to whole SIMD
   vectors, and end in zeros. This file is compiled twice, by kernels32.c and kernels64.c, for
   tables of float and of double. */

#include "interface.h"
#include "number_rows.h"
#include "gather.h"
#include "gradients.h"
#include "accumulate.h"
#include "apply.h"

/* Begin a step. Returns an error code; other than NO_ERROR, nothing has been changed. */
int xw2v_number_rows(StepPlan *plan) {
    const int error = check_batch(plan);
    if (error != NO_ERROR) return error;
    plan->center->count = 0;
    plan->context->count = 0;
    number_context_words(plan);
    number_centers(plan);
    number_negatives(plan);
    return NO_ERROR;
}

FOR_EACH_PROCESSOR void xw2v_means(const StepPlan *plan) {
    mean_of_rows(plan, plan->context, plan->center->mean);
    mean_of_rows(plan, plan->center, plan->context->mean);
}

/* The rows of the tile of groups first .. last - 1. */
FOR_EACH_PROCESSOR void xw2v_gather(
    const StepPlan *plan, TileScratch *tile, int64_t first, int64_t last
) {
    for (int64_t q = first; q < last; q++) {
        const Group group = group_of(plan, tile, first, q);
        gather_centers(plan, &group);
        gather_negatives(plan, &group);
    }
    gather_context_words(plan, tile, first, last);
}

/* Negative scores of the tile to gradients; their loss; control-variate coefficients. */
FOR_EACH_PROCESSOR void xw2v_negative_gradients(
    const StepPlan *plan, TileScratch *tile, int64_t first, int64_t last
) {
    const int64_t centers = (last - first) * plan->group;
    const int64_t negatives = (last - first) * plan->shared_negatives;
    const int32_t *center_slot = plan->center_slot + first * plan->group;
    const int32_t *negative_slot = plan->negative_slot + first * plan->shared_negatives;
    for (int64_t q = first; q < last; q++) {
        const Group group = group_of(plan, tile, first, q);
        negative_scores_to_gradients(plan, tile, &group);
    }
    weights_to_cv(plan, plan->center, center_slot, centers, tile->X, tile->center_cv);
    weights_to_cv(plan, plan->context, negative_slot, negatives, tile->N, tile->negative_cv);
}

/* The positive pairs of the tile; then all gradients of its rows go into the sums. One group after
   the other, while its window scores are in the nearest cache. */
FOR_EACH_PROCESSOR void xw2v_accumulate(
    const StepPlan *plan, TileScratch *tile, int64_t first, int64_t last
) {
    for (int64_t q = first; q < last; q++) {
        const Group group = group_of(plan, tile, first, q);
        score_windows(plan, tile, &group);
        window_scores_to_gradients(plan, tile);
        accumulate_centers(plan, tile, &group);
        accumulate_context_words(plan, tile, &group);
        accumulate_negatives(plan, &group);
    }
}

/* Move the rows of slots first .. last - 1. After all rows of both tables, a step can begin. */
FOR_EACH_PROCESSOR void xw2v_apply(
    const StepPlan *plan, RowSet *rows, int64_t first, int64_t last
) {
    const REAL *mean = rows->mean;
    REAL mean_squared;
    dot_products(1, plan->padded_dim, mean, &mean, &mean_squared);
    for (int64_t slot = first; slot < last; slot += STRIP_ROWS) {
        Strip strip;
        strip.first = slot;
        strip.count = last - slot < STRIP_ROWS ? last - slot : STRIP_ROWS;
        measure_sums(plan, rows, &strip);
        damp(plan, rows, mean_squared, &strip);
        move_rows(plan, rows, &strip);
    }
}
