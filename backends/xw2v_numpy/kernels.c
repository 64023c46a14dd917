/* One step on the CPU, skip-gram or CBOW, as a job for a team of threads (team.h). The plain form of
   the step is xw2v/sgns/step.py, that of the update xw2v/sgns/update.py.

       phase 1   gradients of each group (gradients.h), at places of its own; beside them, the
                 distinct rows of the batch are numbered and their places chained (places.h)
       phase 2   means of the batch from those of its groups (gather.h)
       phase 3   each row sums the gradients at its places, in their order, and moves (update.h)

   The tables are only read until phase 3: all gradients are taken at the rows before the step. What
   a unit computes depends on the unit alone, so that any number of threads gives the same bits.

   Axes:     V vocab_size, D dim, P padded_dim, T batch_tokens, w window, g group,
             K shared_negatives; T/g groups; M rows of a part.
   Indices:  t a token of a group, j a token of its windows, k a negative, q a group, d a dimension.

   Rows of the tables are D long. All other rows are P long, which is D rounded up to whole SIMD
   vectors, and end in zeros. This file is compiled twice, by kernels32.c and kernels64.c, for
   tables of float and of double. */

#include <math.h>

#include "interface.h"
#include "gradients.h"
#include "update.h"

/* REALs of scratch that a thread needs. */
int64_t xw2v_scratch_size(const StepPlan *plan) { return group_in(plan, plan->scratch).size; }

/* Places of gradients in a batch. */
int64_t xw2v_places(const StepPlan *plan) { return negative_place(plan, n_groups(plan)); }

INLINE int64_t n_sets(const StepPlan *plan) { return plan->input == plan->output ? 1 : 2; }
INLINE RowSet *set_of(const StepPlan *plan, int64_t i) { return i == 0 ? plan->input : plan->output; }

static void run_group(void *job, int64_t unit, int64_t thread) {
    StepPlan *plan = job;
    const int64_t numberings = n_sets(plan) * plan->parts;
    if (unit < numberings)
        number_rows(plan, set_of(plan, unit / plan->parts), unit % plan->parts);
    else if (plan->cbow) cbow_gradients(plan, unit - numberings, thread);
    else skipgram_gradients(plan, unit - numberings, thread);
}

static void run_means(void *job, int64_t unit, int64_t thread) {
    StepPlan *plan = job;
    (void)unit;
    (void)thread;
    means_of_batch(plan);
}

static void run_update(void *job, int64_t unit, int64_t thread) {
    StepPlan *plan = job;
    RowSet *rows = set_of(plan, unit / STRIPES / plan->parts);
    const Group group = group_in(plan, plan->scratch + thread * plan->scratch_size);
    update_stripe(plan, rows, unit / STRIPES % plan->parts, unit % STRIPES, group.sums);
}

static void run_loss(void *job, int64_t unit, int64_t thread) {
    StepPlan *plan = job;
    if (plan->cbow) cbow_gradients(plan, unit, thread);
    else skipgram_gradients(plan, unit, thread);
}

/* The loss of a batch by group, with the tables left as they are. Returns an error code. */
int xw2v_loss(StepPlan *plan, Team *team) {
    const int error = check_batch(plan);
    if (error == NO_ERROR) team_run(team, plan, &(Phase){n_groups(plan), run_loss}, 1);
    return error;
}

/* Do a step. Returns an error code; other than NO_ERROR, nothing has been changed. */
int xw2v_step(StepPlan *plan, Team *team) {
    const int error = check_batch(plan);
    if (error != NO_ERROR) return error;
    const int64_t units = n_sets(plan) * plan->parts;
    name_places(plan);
    const Phase phases[] = {
        {units + n_groups(plan), run_group}, {1, run_means}, {units * STRIPES, run_update}};
    team_run(team, plan, phases, 3);
    return NO_ERROR;
}
