/* Steps of random batches, for programs that try the step without Python. The program has included
   what declares xw2v_places, xw2v_scratch_size and xw2v_steps. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VOCAB = 300, DIM = 20, WINDOW = 3, GROUP = 16, NEGATIVES = 9, TOKENS = 16 * 16, STEPS = 20 };

static uint64_t state = 88172645463325252u;
static uint64_t draw(uint64_t end) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % end;
}

static void *zeros(size_t count, size_t size) {
    char *memory = calloc(count * size + 192, 1);
    return memory + 64 - (uintptr_t)memory % 64;
}

static void allocate_rows(RowSet *rows, StepPlan *plan, int64_t places) {
    rows->slot = zeros(VOCAB, sizeof(int32_t));
    memset(rows->slot, -1, VOCAB * sizeof(int32_t));
    rows->direction = zeros(plan->padded_dim, sizeof(REAL));
    rows->parts = zeros(plan->parts, sizeof(Part));
    for (int64_t i = 0; i < plan->parts; i++) {
        rows->parts[i].ids = zeros(places, sizeof(int64_t));
        rows->parts[i].first_place = zeros(places, sizeof(int32_t));
        rows->parts[i].last_place = zeros(places, sizeof(int32_t));
    }
}

static void allocate_places(StepPlan *plan, int64_t places) {
    plan->next_place = zeros(places, sizeof(int32_t));
    plan->gradients = zeros(places * plan->padded_dim, sizeof(REAL));
    plan->positive_weight = zeros(places, sizeof(double));
    plan->negative_weight = zeros(places, sizeof(double));
    plan->group_means = zeros(2 * n_groups(plan) * plan->padded_dim, sizeof(REAL));
    plan->token_gradients = zeros(plan->batch_tokens, sizeof(REAL));
    plan->reference_sums = zeros(REFERENCE_PARTS * plan->padded_dim, sizeof(REAL));
    plan->reference_mean = zeros(plan->padded_dim, sizeof(REAL));
    plan->means = zeros(2 * plan->padded_dim, sizeof(REAL));
    plan->group_weight = zeros(n_groups(plan), sizeof(double));
    plan->losses = zeros(n_groups(plan) * SLICES, sizeof(double));
    plan->split = plan->threads > 4;
    plan->scratch_size = xw2v_scratch_size(plan);
    plan->scratch = zeros((plan->threads + n_groups(plan)) * plan->scratch_size, sizeof(REAL));
}

/* Tables (2, VOCAB, DIM) after the steps, by a team of so many threads. */
static REAL *run_steps(Team *team, int threads, int cbow, int tied) {
    RowSet input = {0}, output = {0};
    StepPlan plan = {
        .vocab_size = VOCAB, .dim = DIM, .padded_dim = 24, .batch_tokens = TOKENS, .window = WINDOW,
        .group = GROUP, .shared_negatives = NEGATIVES, .cbow = cbow, .threads = threads, .parts = threads, .sections = 3,
        .negative = 5, .convexity = 1.5, .trust_ratio = 0.5, .trust_floor = 1, .curvature = 0.1,
        .input = &input, .output = tied ? &input : &output,
    };
    const int64_t places = xw2v_places(&plan);
    allocate_places(&plan, places);
    allocate_rows(&input, &plan, places);
    allocate_rows(&output, &plan, places);
    input.has_tokens = tied || !cbow;
    input.has_windows = tied || cbow;
    input.has_negatives = tied;
    input.token_share = cbow ? 0 : tied ? 0.5 : 1;
    input.negative_share = tied && !cbow ? 0.5 : 0;
    output.has_tokens = cbow;
    output.has_windows = !cbow;
    output.has_negatives = 1;
    output.negative_share = !cbow;

    REAL *tables = zeros(2 * VOCAB * DIM, sizeof(REAL));
    state = 88172645463325252u;
    for (int i = 0; i < 2 * VOCAB * DIM; i++) tables[i] = (REAL)draw(1000) / 1000 - (REAL)0.5;
    input.table = tables;
    output.table = tables + VOCAB * DIM;

    int64_t *tokens = zeros(TOKENS + 2 * WINDOW, sizeof(int64_t));
    int64_t *left = zeros(TOKENS, sizeof(int64_t)), *right = zeros(TOKENS, sizeof(int64_t));
    int64_t *drawn = zeros(TOKENS / GROUP * NEGATIVES, sizeof(int64_t));
    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < TOKENS + 2 * WINDOW; i++) tokens[i] = (int64_t)(draw(VOCAB) * draw(VOCAB) / VOCAB);
        for (int i = 0; i < TOKENS; i++) {
            left[i] = (int64_t)draw(WINDOW + 1);
            right[i] = (int64_t)draw(WINDOW + 1);
        }
        for (int i = 0; i < TOKENS / GROUP * NEGATIVES; i++) drawn[i] = (int64_t)draw(VOCAB);
        StepBatch batch = {
            .tokens = tokens, .left = left, .right = right, .negatives = drawn, .reference = drawn,
            .reference_rows = cbow ? TOKENS / GROUP * NEGATIVES : 0, .alpha = 0.05, .measure = 1,
        };
        if (xw2v_steps(&plan, team, &batch, 1) != NO_ERROR) exit(3);
    }
    return tables;
}
