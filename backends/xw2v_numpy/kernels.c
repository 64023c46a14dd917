/* One step on the CPU, skip-gram or CBOW, as a job for a team of threads (team.h). The plain form
   of the step is xw2v/sgns/step.py, that of the update xw2v/sgns/update.py.

       reference  CBOW: the mean of the reference's rows (gather.h)
       groups   for each group: gather its rows (gather.h); gradients of its hidden vectors; and of
                the other rows (gradients.h), all at places of its own. One thread does a group,
                or, where threads are many, these are three phases of slices of groups. Beside them,
                the distinct rows of the batch are numbered and their places chained (places.h)
       means    of the batch from those of its groups (gather.h)
       update   each row sums the gradients at its places, in their order, and moves (update.h)

   The tables are only read until the update: all gradients are taken at the rows before the step.
   What a unit computes depends on the unit alone, so that any number of threads gives the same
   bits.

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
int64_t xw2v_scratch_size(const StepPlan *plan) { return scratch_in(plan, 0, plan->scratch).size; }

/* How many places a batch has: the first place past its last group. */
int64_t xw2v_places(const StepPlan *plan) { return negative_place(plan, n_groups(plan)); }

INLINE int64_t n_sets(const StepPlan *plan) { return plan->input == plan->output ? 1 : 2; }
INLINE RowSet *set_of(const StepPlan *plan, int64_t i) {
    return i == 0 ? plan->input : plan->output;
}

static void number_part(StepPlan *plan, int64_t unit) {
    number_rows(plan, set_of(plan, unit / plan->parts), unit % plan->parts);
}

/* Slice `slice` of group q's rows; with the first, also the weights of the group's places. */
static void gather_slice(StepPlan *plan, int64_t q, int64_t slice, const GroupScratch *scratch) {
    if (slice == 0 && !plan->cbow) compute_weights(plan, q);
    gather(plan, q, slice, scratch);
}

static void
hidden_gradients(StepPlan *plan, int64_t q, int64_t slice, const GroupScratch *scratch) {
    plan->losses[q * SLICES + slice] = plan->cbow ? cbow_gradients(plan, q, slice, scratch)
                                                  : skipgram_gradients(plan, q, slice, scratch);
}

static void group_by_one_thread(StepPlan *plan, int64_t q, int64_t thread) {
    const GroupScratch scratch = scratch_in(plan, q, plan->scratch + thread * plan->scratch_size);
    for (int64_t slice = 0; slice < SLICES; slice++) gather_slice(plan, q, slice, &scratch);
    for (int64_t slice = 0; slice < SLICES; slice++) hidden_gradients(plan, q, slice, &scratch);
    for (int64_t slice = 0; slice < SLICES; slice++) distribute(plan, q, slice, &scratch);
}

static void run_group(void *job, int64_t unit, int64_t thread) {
    StepPlan *plan = job;
    const int64_t parts = n_sets(plan) * plan->parts;
    /* Numbering is done last, since it is short: of two threads, that is in the middle. */
    const int64_t before = plan->threads == 2 ? n_groups(plan) / 2 : n_groups(plan);
    if (unit < before) group_by_one_thread(plan, unit, thread);
    else if (unit < before + parts) number_part(plan, unit - before);
    else group_by_one_thread(plan, unit - parts, thread);
}

static GroupScratch scratch_of_unit(const StepPlan *plan, int64_t unit) {
    const int64_t q = unit / SLICES;
    return scratch_in(plan, q, plan->scratch + q * plan->scratch_size);
}

static void run_gather(void *job, int64_t unit, int64_t thread) {
    StepPlan *plan = job;
    const int64_t slices = n_groups(plan) * SLICES;
    (void)thread;
    if (unit >= slices) {
        number_part(plan, unit - slices);
        return;
    }
    const GroupScratch scratch = scratch_of_unit(plan, unit);
    gather_slice(plan, unit / SLICES, unit % SLICES, &scratch);
}

static void run_hidden_gradients(void *job, int64_t unit, int64_t thread) {
    const GroupScratch scratch = scratch_of_unit(job, unit);
    (void)thread;
    hidden_gradients(job, unit / SLICES, unit % SLICES, &scratch);
}

static void run_distribute(void *job, int64_t unit, int64_t thread) {
    const GroupScratch scratch = scratch_of_unit(job, unit);
    (void)thread;
    distribute(job, unit / SLICES, unit % SLICES, &scratch);
}

static void run_reference(void *job, int64_t unit, int64_t thread) {
    (void)thread;
    sum_of_reference(job, unit);
}

static void run_reference_mean(void *job, int64_t unit, int64_t thread) {
    (void)unit;
    (void)thread;
    mean_of_reference(job);
}

static void run_means(void *job, int64_t unit, int64_t thread) {
    StepPlan *plan = job;
    (void)unit;
    (void)thread;
    means_of_batch(plan);
}

static void run_update(void *job, int64_t unit, int64_t thread) {
    StepPlan *plan = job;
    /* Both tables' first sections first: those are of rows that the first groups have. */
    RowSet *rows = set_of(plan, unit % n_sets(plan));
    const int64_t section = unit / n_sets(plan);
    const GroupScratch scratch = scratch_in(plan, 0, plan->scratch + thread * plan->scratch_size);
    update_section(plan, rows, section / plan->sections, section % plan->sections, scratch.sums);
}

static void run_loss(void *job, int64_t unit, int64_t thread) {
    group_by_one_thread(job, unit, thread);
}

/* Do a step with a batch that was checked. */
static void take_step(StepPlan *plan, Team *team) {
    const int64_t n_parts = n_sets(plan) * plan->parts, slices = n_groups(plan) * SLICES;
    const Phase reference = {reference_units(plan), run_reference};
    const Phase reference_mean = {reference_units(plan) > 0, run_reference_mean};
    const Phase means = {1, run_means}, update = {n_parts * plan->sections, run_update};
    if (plan->split) {
        const Phase phases[] = {
            reference,
            reference_mean,
            {slices + n_parts, run_gather},
            {slices, run_hidden_gradients},
            {slices, run_distribute},
            means,
            update,
        };
        team_run(team, plan, phases, 7);
    } else {
        const Phase phases[] = {
            reference, reference_mean, {n_parts + n_groups(plan), run_group}, means, update
        };
        team_run(team, plan, phases, 5);
    }
}

static double summed_loss(const StepPlan *plan) {
    double sum = 0;
    for (int64_t i = 0; i < n_groups(plan) * SLICES; i++) sum += plan->losses[i];
    return sum;
}

/* The loss of a batch, with the tables left as they are. Returns an error code. */
int xw2v_loss(StepPlan *plan, Team *team, StepBatch *batch) {
    const int error = check_batch(plan, batch);
    if (error != NO_ERROR) return error;
    plan->batch = *batch;
    team_run(team, plan, &(Phase){n_groups(plan), run_loss}, 1);
    batch->loss = summed_loss(plan);
    return NO_ERROR;
}

typedef struct {
    const StepPlan *plan;
    StepBatch *batches;
} Checks;

static void run_check(void *job, int64_t unit, int64_t thread) {
    const Checks *checks = job;
    StepBatch *batch = checks->batches + unit;
    (void)thread;
    batch->error = check_batch(checks->plan, batch);
}

/* Do `count` steps, one after the other, so that threads go from one to the next without the
   interpreter. Returns the error code of the first that has one: it and those after it have changed
   nothing. */
int xw2v_steps(StepPlan *plan, Team *team, StepBatch *batches, int64_t count) {
    Checks checks = {plan, batches};
    team_run(team, &checks, &(Phase){count, run_check}, 1);
    for (int64_t i = 0; i < count; i++) {
        if (batches[i].error != NO_ERROR) return (int)batches[i].error;
        plan->batch = batches[i];
        take_step(plan, team);
        if (batches[i].measure) batches[i].loss = summed_loss(plan);
    }
    return NO_ERROR;
}
