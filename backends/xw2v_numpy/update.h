/* The update: sum the gradients of each row, correct them, damp and bound the sum, and move the
   row. See xw2v/sgns/update.py, and control_variate_offsets of xw2v/sgns/pairs.py: of a row x with
   places p,

       sum = Σ gradient_p + σ(x . mean) (Σ weight_p mean - Σ weight_p group_mean_p)

   for each of the two kinds of places, where mean is of the rows that x meets in pairs with
   negatives, in the batch and in the group of p. CBOW's sums are bounded only, which takes no more
   than a row at a time. */

#pragma once

#include "places.h"

/* Values of the rows of a strip between the passes. */
typedef struct {
    REAL sigma[2][STRIP_ROWS];  /* of the row's scores with the two means */
    REAL weight[2][STRIP_ROWS]; /* of its pairs with negatives, at the two kinds of places */
    REAL positive[STRIP_ROWS];  /* weight of its pairs with positives */
    REAL slope[STRIP_ROWS];     /* σ(s)(1 - σ(s)) at its score with the direction of damping */
    REAL squared[STRIP_ROWS];   /* its squared norm */
    REAL along[STRIP_ROWS];     /* dot product of its change with the direction */
    REAL change[STRIP_ROWS];    /* squared norm of its change */
    REAL damping[STRIP_ROWS];   /* multiple of the direction that is added to the change */
} Strip;

/* Pass 1: the rows themselves. */
INLINE void measure_rows(
    const StepPlan *plan, const RowSet *rows, const int64_t *ids, int64_t count, Strip *strip
) {
    const int64_t D = plan->dim, P = plan->padded_dim;
    const REAL *met_by_tokens = plan->means + TOKEN * P;
    const REAL *met_by_negatives = plan->means + NEGATIVE * P;
    for (int64_t i = 0; i < count; i++) {
        const REAL *row = rows->table + ids[i] * D;
        REAL token = 0, negative = 0, squared = 0;
#pragma omp simd reduction(+ : token, negative, squared)
        for (int64_t d = 0; d < D; d++) {
            token += row[d] * met_by_tokens[d];
            negative += row[d] * met_by_negatives[d];
            squared += row[d] * row[d];
        }
        strip->sigma[TOKEN][i] = token;
        strip->sigma[NEGATIVE][i] = negative;
        strip->squared[i] = squared;
    }
    const REAL token_share = (REAL)rows->token_share, negative_share = (REAL)rows->negative_share;
#pragma omp simd
    for (int64_t i = 0; i < count; i++) {
        const REAL token = strip->sigma[TOKEN][i], negative = strip->sigma[NEGATIVE][i];
        const REAL sigma = sigmoid(token_share * token + negative_share * negative);
        strip->slope[i] = sigma * (1 - sigma);
        strip->sigma[TOKEN][i] = sigmoid(token);
        strip->sigma[NEGATIVE][i] = sigmoid(negative);
    }
}

#define PREFETCH_PLACES 4 /* of a chain: prefetch distance */

/* The first places of a row, for a sum that is to come. */
INLINE void prefetch_places(const StepPlan *plan, int64_t place) {
    for (int i = 0; i < PREFETCH_PLACES && place >= 0; i++) {
        prefetch(plan->gradients + place * plan->padded_dim, plan->padded_dim);
        place = plan->next_place[place];
    }
}

/* Pass 2: the sum over a row's places, but for the batch's means; its weights. */
INLINE void
sum_places(const StepPlan *plan, int64_t place, int64_t i, REAL *restrict sum, Strip *strip) {
    const int64_t P = plan->padded_dim, first_negative = negative_place(plan, 0);
    double positive = 0, weight[2] = {0, 0};
    memset(sum, 0, (size_t)P * sizeof(REAL));
    int64_t ahead = place; /* in the chain */
    for (int i = 0; i < PREFETCH_PLACES && ahead >= 0; i++) ahead = plan->next_place[ahead];
    while (place >= 0) {
        const REAL *restrict gradient = plan->gradients + place * P;
        const int64_t next = plan->next_place[place];
        if (ahead >= 0) {
            prefetch(plan->gradients + ahead * P, P);
            ahead = plan->next_place[ahead];
        }
        positive += plan->positive_weight[place];
        if (plan->negative_weight[place] > 0) {
            const int kind = place < plan->batch_tokens ? TOKEN : NEGATIVE;
            const int64_t q = kind == TOKEN ? place / plan->group
                                            : (place - first_negative) / plan->shared_negatives;
            const REAL *restrict mean = plan->group_means + (kind * n_groups(plan) + q) * P;
            const REAL coefficient = -(REAL)plan->negative_weight[place] * strip->sigma[kind][i];
            weight[kind] += plan->negative_weight[place];
            for (int64_t d = 0; d < P; d += SIMD_LANES)
                *(simd_vector *)(sum + d) += *(const simd_vector *)(gradient + d) +
                                             coefficient * *(const simd_vector *)(mean + d);
        } else {
            for (int64_t d = 0; d < P; d += SIMD_LANES)
                *(simd_vector *)(sum + d) += *(const simd_vector *)(gradient + d);
        }
        place = next;
    }
    strip->positive[i] = (REAL)positive;
    strip->weight[TOKEN][i] = (REAL)weight[TOKEN];
    strip->weight[NEGATIVE][i] = (REAL)weight[NEGATIVE];
}

/* ... and from it the change, α (sum + λ row). */
INLINE void change_of_row(
    const StepPlan *plan, const RowSet *rows, const REAL *row, int64_t i, REAL *restrict sum,
    Strip *strip
) {
    const int64_t P = plan->padded_dim;
    const REAL *met_by_tokens = plan->means + TOKEN * P, *direction = rows->direction;
    const REAL *met_by_negatives = plan->means + NEGATIVE * P;
    const REAL token = strip->weight[TOKEN][i] * strip->sigma[TOKEN][i];
    const REAL negative = strip->weight[NEGATIVE][i] * strip->sigma[NEGATIVE][i];
    const REAL alpha = (REAL)plan->batch.alpha, decay = (REAL)plan->weight_decay;
    REAL along = 0, squared = 0;
#pragma omp simd reduction(+ : along, squared)
    for (int64_t d = 0; d < plan->dim; d++) {
        const REAL gradient = sum[d] + token * met_by_tokens[d] + negative * met_by_negatives[d];
        const REAL change = alpha * (gradient + decay * row[d]);
        sum[d] = change;
        along += change * direction[d];
        squared += change * change;
    }
    strip->along[i] = along;
    strip->change[i] = squared;
}

/* How much of a row's change the trust region lets pass. */
INLINE REAL trusted_share(
    const StepPlan *plan, const RowSet *rows, int64_t i, const REAL *change, const Strip *strip
) {
    const REAL ratio = (REAL)plan->trust_ratio, floor = (REAL)plan->trust_floor;
    const REAL limit = ratio * ((REAL)sqrt((double)strip->squared[i]) + floor);
    /* Damping only shortens a change: what was below the limit stays there. */
    if (strip->change[i] < limit * limit * (REAL)0.999) return 1;
    const REAL *direction = rows->direction;
    REAL squared = 0;
#pragma omp simd reduction(+ : squared)
    for (int64_t d = 0; d < plan->dim; d++) {
        const REAL damped = change[d] + strip->damping[i] * direction[d];
        squared += damped * damped;
    }
    return squared > limit * limit ? limit / (REAL)sqrt((double)squared) : 1;
}

/* Move a section of a part's rows, a strip at a time. */
static void
damped_update(StepPlan *plan, RowSet *rows, int64_t part_number, int64_t section, REAL *sums) {
    const int64_t D = plan->dim, P = plan->padded_dim;
    const Part *part = rows->parts + part_number;
    const int64_t end = part->count * (section + 1) / plan->sections;
    const REAL *direction = rows->direction;
    REAL direction_squared;
    dot_products(1, P, direction, &direction, &direction_squared);
    const REAL divisor = direction_squared > 0 ? direction_squared : 1;
    const REAL curvature = (REAL)plan->curvature;
    const REAL scale = (REAL)plan->batch.alpha * direction_squared;
    Strip strip;
    for (int64_t first = part->count * section / plan->sections; first < end; first += STRIP_ROWS) {
        const int64_t count = end - first < STRIP_ROWS ? end - first : STRIP_ROWS;
        const int64_t *ids = part->ids + first;
        const int32_t *places = part->first_place + first;
        measure_rows(plan, rows, ids, count, &strip);
        for (int64_t i = 0; i < count; i++) {
            /* STRIP_ROWS ahead: the next strip's row, which measure_rows reads first */
            if (first + i + STRIP_ROWS < end)
                prefetch_to_write(rows->table + ids[i + STRIP_ROWS] * D, D);
            if (first + i + PREFETCH_ROWS < end) prefetch_places(plan, places[i + PREFETCH_ROWS]);
            sum_places(plan, places[i], i, sums + i * P, &strip);
            change_of_row(plan, rows, rows->table + ids[i] * D, i, sums + i * P, &strip);
            rows->slot[ids[i]] = -1;
        }
        memset(strip.damping, 0, sizeof strip.damping);
#pragma omp simd
        for (int64_t i = 0; i < count; i++) {
            const REAL pairs = strip.weight[TOKEN][i] + strip.weight[NEGATIVE][i];
            const REAL z = scale * (curvature * strip.positive[i] + strip.slope[i] * pairs);
            strip.damping[i] = phi_minus_1(z) * strip.along[i] / divisor;
        }
        for (int64_t i = 0; i < count; i++) { /* pass 3 */
            REAL *restrict row = rows->table + ids[i] * D, *restrict change = sums + i * P;
            const REAL trusted = trusted_share(plan, rows, i, change, &strip);
            const REAL of_direction = trusted * strip.damping[i];
#pragma omp simd
            for (int64_t d = 0; d < D; d++) {
                row[d] -= trusted * change[d] + of_direction * direction[d];
            }
        }
    }
}

/* CBOW: the sum of a row's gradients. Those of a token are at its place as its hidden vector, of
   which its score's gradient is the multiple. */
INLINE void sum_scaled_places(const StepPlan *plan, int64_t place, REAL *restrict sum) {
    const int64_t P = plan->padded_dim;
    int64_t ahead = place;
    for (int i = 0; i < PREFETCH_PLACES && ahead >= 0; i++) ahead = plan->next_place[ahead];
    for (int is_first = 1; place >= 0; is_first = 0, place = plan->next_place[place]) {
        const REAL *restrict gradient = plan->gradients + place * P;
        const REAL scale = place < plan->batch_tokens ? plan->token_gradients[place] : 1;
        if (ahead >= 0) {
            prefetch(plan->gradients + ahead * P, P);
            ahead = plan->next_place[ahead];
        }
        if (is_first)
            for (int64_t d = 0; d < P; d += SIMD_LANES)
                *(simd_vector *)(sum + d) = scale * *(const simd_vector *)(gradient + d);
        else
            for (int64_t d = 0; d < P; d += SIMD_LANES)
                *(simd_vector *)(sum + d) += scale * *(const simd_vector *)(gradient + d);
    }
}

/* CBOW: move a section of a part's rows, which are neither corrected nor damped, one by one. */
static void
bounded_update(StepPlan *plan, RowSet *rows, int64_t part_number, int64_t section, REAL *sum) {
    const int64_t D = plan->dim;
    const Part *part = rows->parts + part_number;
    const int64_t end = part->count * (section + 1) / plan->sections;
    const REAL alpha = (REAL)plan->batch.alpha, decay = (REAL)plan->weight_decay;
    const REAL ratio = (REAL)plan->trust_ratio, floor = (REAL)plan->trust_floor;
    for (int64_t i = part->count * section / plan->sections; i < end; i++) {
        const int64_t ahead = i + PREFETCH_ROWS;
        if (ahead < end) prefetch_to_write(rows->table + part->ids[ahead] * D, D);
        if (ahead < end) prefetch_places(plan, part->first_place[ahead]);
        REAL *restrict row = rows->table + part->ids[i] * D;
        REAL squared = 0, moved = 0;
        sum_scaled_places(plan, part->first_place[i], sum);
#pragma omp simd reduction(+ : squared, moved)
        for (int64_t d = 0; d < D; d++) {
            const REAL change = alpha * (sum[d] + decay * row[d]);
            squared += row[d] * row[d];
            moved += change * change;
            sum[d] = change;
        }
        const REAL limit = ratio * ((REAL)sqrt((double)squared) + floor);
        const REAL trusted = moved > limit * limit ? limit / (REAL)sqrt((double)moved) : 1;
#pragma omp simd
        for (int64_t d = 0; d < D; d++) row[d] -= trusted * sum[d];
        rows->slot[part->ids[i]] = -1;
    }
}

static void
update_section(StepPlan *plan, RowSet *rows, int64_t part_number, int64_t section, REAL *sums) {
    if (plan->cbow) bounded_update(plan, rows, part_number, section, sums);
    else damped_update(plan, rows, part_number, section, sums);
}
