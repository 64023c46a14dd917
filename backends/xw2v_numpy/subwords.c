/* Words composed of their own rows and those of their n-grams, around a step: the mathematics of
   xw2v/sgns/subwords.py, as jobs for a team of threads.

       xw2v_compose       number the distinct words of a batch, and make each one's vector, the mean
                          of its rows
       xw2v_distribute    add what a step has changed in them to their rows, damped and bounded
                          where words of the batch share rows

   An entry is one row of one word. What a unit computes depends on the unit alone, and a row adds
   up the changes of its words in their order, whoever does it: any number of threads gives the same
   bits. */

#include <math.h>

#define BITS 32
#include "numerics.h"

#define UNIT_WORDS 32    /* whose vectors one thread works on at a time */
#define PART_ROWS 32     /* neighbours in the table that one thread moves */
#define ENTRIES_AHEAD 16 /* prefetch distance where changes are added to rows */

/* Sums over the words of a row. */
typedef struct {
    REAL curved; /* of their z */
    REAL moved;  /* of the norms of their changes */
} Shared;

/* The words of a batch, and the arrays around them. */
#define SUBWORD_PLAN_MEMBERS(M)                                                                    \
    M(int64_t, vocab_size)      /* V */                                                            \
    M(int64_t, dim)             /* D */                                                            \
    M(const int64_t *, offsets) /* (V + 1,) where each word's entries begin */                     \
    M(const int32_t *, rows)    /* (entries,) rows of the table */                                 \
    M(REAL *, table)            /* (R, D) rows that words are composed of */                       \
    M(REAL *, composed)         /* (V, D) vectors of words; those of the batch are made */         \
    M(const int64_t *, tokens)  /* (n_tokens,) ids */                                              \
    M(int64_t, n_tokens)                                                                           \
    M(int64_t, damped)        /* whether changes are damped; the next two are read if so */        \
    M(const int64_t *, left)  /* (n_tokens,) context words to the left of each token */            \
    M(const int64_t *, right) /* (n_tokens,) and to the right */                                   \
    M(double, negative)                                                                            \
    M(double, curvature)                                                                           \
    M(double, trust_ratio)                                                                         \
    M(double, trust_floor)                                                                         \
    M(double, alpha)                                                                               \
    M(int64_t, parts)   /* of the table, which are moved side by side */                           \
    M(int32_t *, slot)  /* (V,) number of a word in the batch; -1 between batches */               \
    M(int32_t *, words) /* (n_words,) ids */                                                       \
    M(int64_t, n_words)                                                                            \
    M(double *, pairs)         /* (n_words,) positive pairs of each word */                        \
    M(REAL *, change)          /* (n_words, D) vectors before the step; then their changes */      \
    M(REAL *, norm)            /* (n_words,) of the vectors before the step */                     \
    M(REAL *, moved)           /* (n_words,) of the changes */                                     \
    M(REAL *, along)           /* (n_words,) the changes as multiples of the direction */          \
    M(REAL *, curved)          /* (n_words,) z of each word */                                     \
    M(Shared *, shared)        /* (R,) zeros between batches */                                    \
    M(const REAL *, direction) /* (D,) of damping: the mean of the negatives' rows */

NATIVE_STRUCTURE(SubwordPlan, SUBWORD_PLAN_MEMBERS)

static int are_words(const SubwordPlan *plan, const int64_t *ids, int64_t count) {
    int outside = 0;
    for (int64_t i = 0; i < count; i++) outside |= ids[i] < 0 || ids[i] >= plan->vocab_size;
    return !outside;
}

/* Number the words of a batch in the order of their first tokens, and count their pairs. */
static void number_words(SubwordPlan *plan) {
    int64_t count = 0;
    for (int64_t t = 0; t < plan->n_tokens; t++) {
        const int64_t word = plan->tokens[t];
        int32_t slot = plan->slot[word];
        if (slot < 0) {
            slot = plan->slot[word] = (int32_t)count;
            plan->words[count] = (int32_t)word;
            plan->pairs[count++] = 0;
        }
        if (plan->damped) plan->pairs[slot] += (double)(plan->left[t] + plan->right[t]);
    }
    for (int64_t u = 0; u < count; u++) plan->slot[plan->words[u]] = -1;
    plan->n_words = count;
}

static int64_t n_units(const SubwordPlan *plan) {
    return (plan->n_words + UNIT_WORDS - 1) / UNIT_WORDS;
}

static int64_t end_of_unit(const SubwordPlan *plan, int64_t unit) {
    const int64_t end = (unit + 1) * UNIT_WORDS;
    return end < plan->n_words ? end : plan->n_words;
}

static void compose_words(SubwordPlan *plan, int64_t unit) {
    const int64_t D = plan->dim, end = end_of_unit(plan, unit);
    const int32_t *rows = plan->rows;
    for (int64_t u = unit * UNIT_WORDS; u < end; u++) {
        const int64_t word = plan->words[u];
        const int64_t first = plan->offsets[word], last = plan->offsets[word + 1];
        REAL *restrict sum = plan->change + u * D, *restrict vector = plan->composed + word * D;
        int64_t ahead = 0, ahead_end = 0; /* entries of the next word, which are prefetched */
        if (u + 1 < end) {
            ahead = plan->offsets[plan->words[u + 1]];
            ahead_end = plan->offsets[plan->words[u + 1] + 1];
        }
        memset(sum, 0, (size_t)D * sizeof(REAL));
        for (int64_t entry = first; entry < last; entry++) {
            const REAL *restrict row = plan->table + (int64_t)rows[entry] * D;
            if (ahead < ahead_end) prefetch(plan->table + (int64_t)rows[ahead++] * D, D);
#pragma omp simd
            for (int64_t d = 0; d < D; d++) sum[d] += row[d];
        }
        while (ahead < ahead_end) prefetch(plan->table + (int64_t)rows[ahead++] * D, D);
        const REAL share = 1 / (REAL)(last - first);
#pragma omp simd
        for (int64_t d = 0; d < D; d++) vector[d] = sum[d] = sum[d] * share;
    }
}

static void run_compose(void *job, int64_t unit, int64_t thread) {
    (void)thread;
    compose_words(job, unit);
}

/* Compose the words of a batch. Returns whether its ids are words; otherwise nothing is changed. */
int xw2v_compose(SubwordPlan *plan, Team *team) {
    if (!are_words(plan, plan->tokens, plan->n_tokens)) return 0;
    number_words(plan);
    team_run(team, plan, &(Phase){n_units(plan), run_compose}, 1);
    return 1;
}

/* Measure the changes of a unit's words: norms, and what damping depends on. */
static void measure_changes(SubwordPlan *plan, int64_t unit) {
    const int64_t D = plan->dim, end = end_of_unit(plan, unit);
    const REAL *direction = plan->direction; /* zeros where nothing is damped */
    REAL squared = 0;
#pragma omp simd reduction(+ : squared)
    for (int64_t d = 0; d < D; d++) squared += direction[d] * direction[d];
    const REAL divisor = squared > 0 ? squared : 1;
    for (int64_t u = unit * UNIT_WORDS; u < end; u++) {
        const REAL *restrict vector = plan->composed + (int64_t)plan->words[u] * D;
        REAL *restrict change = plan->change + u * D;
        REAL score = 0, norm = 0, along = 0, moved = 0;
#pragma omp simd reduction(+ : score, norm, along, moved)
        for (int64_t d = 0; d < D; d++) {
            const REAL before = change[d];
            score += before * direction[d];
            norm += before * before;
            change[d] = vector[d] - before;
            along += change[d] * direction[d];
            moved += change[d] * change[d];
        }
        const REAL sigma = sigmoid(score), negative = (REAL)plan->negative;
        const REAL curvature = (REAL)plan->curvature + negative * sigma * (1 - sigma);
        plan->norm[u] = (REAL)sqrt((double)norm);
        plan->moved[u] = (REAL)sqrt((double)moved);
        plan->along[u] = along / divisor;
        plan->curved[u] = (REAL)plan->alpha * squared * curvature * (REAL)plan->pairs[u];
    }
}

static void run_measure(void *job, int64_t unit, int64_t thread) {
    (void)thread;
    measure_changes(job, unit);
}

INLINE int is_in_part(const SubwordPlan *plan, int64_t row, int64_t part) {
    return plan->parts == 1 || row / PART_ROWS % plan->parts == part;
}

/* Sum over the words of each row of a part. */
static void run_share(void *job, int64_t part, int64_t thread) {
    SubwordPlan *plan = job;
    (void)thread;
    for (int64_t u = 0; u < plan->n_words; u++) {
        const int64_t word = plan->words[u], last = plan->offsets[word + 1];
        for (int64_t entry = plan->offsets[word]; entry < last; entry++) {
            const int64_t row = plan->rows[entry];
            if (!is_in_part(plan, row, part)) continue;
            plan->shared[row].curved += plan->curved[u];
            plan->shared[row].moved += plan->moved[u];
        }
    }
}

/* Damp and bound the changes of a unit's words for what others move in their rows. */
static void damp_changes(SubwordPlan *plan, int64_t unit) {
    const int64_t D = plan->dim, end = end_of_unit(plan, unit);
    const REAL ratio = (REAL)plan->trust_ratio, floor = (REAL)plan->trust_floor;
    for (int64_t u = unit * UNIT_WORDS; u < end; u++) {
        const int64_t word = plan->words[u];
        const int64_t first = plan->offsets[word], last = plan->offsets[word + 1];
        const REAL share = 1 / (REAL)(last - first);
        REAL curved = 0, moved = 0;
        for (int64_t entry = first; entry < last; entry++) {
            const Shared *shared = plan->shared + plan->rows[entry];
            curved += shared->curved;
            moved += shared->moved;
        }
        const REAL limit = ratio * (plan->norm[u] + floor);
        const REAL trusted = moved * share > limit ? limit / (moved * share) : 1;
        const REAL alone = 1 + phi_minus_1(plan->curved[u]);
        const REAL damping = ((1 + phi_minus_1(curved * share)) / alone - 1) * plan->along[u];
        REAL *restrict change = plan->change + u * D;
#pragma omp simd
        for (int64_t d = 0; d < D; d++)
            change[d] = trusted * (change[d] + damping * plan->direction[d]);
    }
}

static void run_damp(void *job, int64_t unit, int64_t thread) {
    (void)thread;
    damp_changes(job, unit);
}

INLINE void add_change(const SubwordPlan *plan, int32_t row_number, int32_t word) {
    const int64_t D = plan->dim;
    REAL *restrict row = plan->table + (int64_t)row_number * D;
    const REAL *restrict change = plan->change + (int64_t)word * D;
#pragma omp simd
    for (int64_t d = 0; d < D; d++) row[d] += change[d];
    plan->shared[row_number] = (Shared){0, 0};
}

/* Add the changes of words to the rows of a part. The last ENTRIES_AHEAD rows wait in a ring while
   they are prefetched. */
static void add_part(SubwordPlan *plan, int64_t part) {
    int32_t rows[ENTRIES_AHEAD], words[ENTRIES_AHEAD];
    int64_t count = 0;
    for (int64_t u = 0; u < plan->n_words; u++) {
        const int64_t word = plan->words[u], last = plan->offsets[word + 1];
        for (int64_t entry = plan->offsets[word]; entry < last; entry++) {
            const int32_t row = plan->rows[entry];
            if (!is_in_part(plan, row, part)) continue;
            const int64_t i = count++ % ENTRIES_AHEAD;
            if (count > ENTRIES_AHEAD) add_change(plan, rows[i], words[i]);
            prefetch_to_write(plan->table + (int64_t)row * plan->dim, plan->dim);
            rows[i] = row;
            words[i] = (int32_t)u;
        }
    }
    for (int64_t i = count < ENTRIES_AHEAD ? 0 : count - ENTRIES_AHEAD; i < count; i++)
        add_change(plan, rows[i % ENTRIES_AHEAD], words[i % ENTRIES_AHEAD]);
}

static void run_add(void *job, int64_t part, int64_t thread) {
    (void)thread;
    add_part(job, part);
}

/* Distribute what a step has changed in the composed vectors to their rows. */
void xw2v_distribute(SubwordPlan *plan, Team *team) {
    const int64_t units = n_units(plan), parts = plan->parts;
    const Phase phases[] = {
        {units, run_measure}, {parts, run_share}, {units, run_damp}, {parts, run_add}
    };
    team_run(team, plan, phases, 4);
}
