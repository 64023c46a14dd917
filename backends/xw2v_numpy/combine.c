/* Rows of replicas on their way between ranks: the mathematics of xw2v/sgns/combine.py and the
   loops of xw2v/sgns/combine_rows.py, as jobs for a team of threads.

       xw2v_find_changed    the rows of a table that are no longer as in its base
       xw2v_displacements   how far they have moved
       xw2v_combine         what rows become, given the displacements of all replicas
       xw2v_adopt           take over rows, into the table and its base

   The base is the table as of the last combine, the same at all ranks. Rows are listed by ids that
   ascend. What a unit computes depends on the unit alone, so any number of threads gives the same
   bits. */

#include <math.h>
#include <string.h>

#include "native.h"
#include "team.h"

#define COMBINE_CONSTANTS(K) K(UNIT_ROWS, 64) /* that one thread works on at a time */

/* Some rows of a table. */
#define REPLICA_ROWS_MEMBERS(M)                                                                    \
    M(int64_t, dim)             /* D */                                                            \
    M(float *, table)           /* (V, D); NULL where it is on a device */                         \
    M(float *, base)            /* (V, D) */                                                       \
    M(int64_t, count)           /* rows that are listed; those to look through, for the search */  \
    M(int32_t *, ids)           /* (count,) */                                                     \
    M(float *, values)          /* (count, D) displacements, or what the rows are now */           \
    M(int64_t *, count_of_unit) /* (units,) rows that a unit has found */

/* The displacements of N replicas, and the rows of their owner's stretch that they make. */
#define COMBINATION_MEMBERS(M)                                                                     \
    M(int64_t, dim)        /* D */                                                                 \
    M(int64_t, replicas)   /* N */                                                                 \
    M(const float *, base) /* (V, D) */                                                            \
    M(int64_t, first)      /* the stretch: rows first .. last - 1 */                               \
    M(int64_t, last)                                                                               \
    M(const int64_t *, counts)   /* (N,) rows of each replica */                                   \
    M(const int32_t **, ids)     /* (N,) arrays (counts[r],) */                                    \
    M(const float **, values)    /* (N,) arrays (counts[r], D) */                                  \
    M(const float *, other_base) /* (R, D) rows of the other table ... */                          \
    M(const float *, weights)    /* (R,) ... and their shares in the mean */                       \
    M(int64_t, mean_rows)        /* R */                                                           \
    M(const float *, curvature)  /* (rows of the stretch,) that a replica met in each */           \
    M(float *, direction)        /* (D,) of the mean, a unit vector or zeros */                    \
    M(int64_t *, next)           /* (units, N) indices of the rows that a unit comes to next */    \
    M(int64_t *, place_of_unit)  /* (units,) of a unit's first row in the result */                \
    M(int32_t *, result_ids)     /* (rows of the stretch,) the result */                           \
    M(float *, result_values)    /* (rows of the stretch, D) */                                    \
    M(int64_t, result_count)

NATIVE_CONSTANTS(COMBINE_CONSTANTS)
NATIVE_STRUCTURE(ReplicaRows, REPLICA_ROWS_MEMBERS)
NATIVE_STRUCTURE(Combination, COMBINATION_MEMBERS)

static int64_t units_of(int64_t rows) { return (rows + UNIT_ROWS - 1) / UNIT_ROWS; }

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static void find_in_unit(void *job, int64_t unit, int64_t thread) {
    (void)thread;
    const ReplicaRows *rows = job;
    const int64_t D = rows->dim, first = unit * UNIT_ROWS;
    const int64_t last = least(first + UNIT_ROWS, rows->count);
    int64_t found = 0;
    for (int64_t row = first; row < last; row++) {
        rows->ids[first + found] = (int32_t)row;
        found += memcmp(rows->table + row * D, rows->base + row * D, (size_t)D * 4) != 0;
    }
    rows->count_of_unit[unit] = found;
}

/* List which of the first `count` rows differ from the base, in any bit; their number. */
int64_t xw2v_find_changed(ReplicaRows *rows, Team *team) {
    const int64_t units = units_of(rows->count);
    int64_t found = 0;
    team_run(team, rows, &(Phase){units, find_in_unit}, 1);
    for (int64_t unit = 0; unit < units; unit++) {
        const size_t size = (size_t)rows->count_of_unit[unit] * sizeof *rows->ids;
        memmove(rows->ids + found, rows->ids + unit * UNIT_ROWS, size);
        found += rows->count_of_unit[unit];
    }
    return found;
}

static void displace_unit(void *job, int64_t unit, int64_t thread) {
    (void)thread;
    const ReplicaRows *rows = job;
    const int64_t D = rows->dim, last = least((unit + 1) * UNIT_ROWS, rows->count);
    for (int64_t i = unit * UNIT_ROWS; i < last; i++) {
        const float *row = rows->table + rows->ids[i] * D, *base = rows->base + rows->ids[i] * D;
        float *restrict value = rows->values + i * D;
#pragma omp simd
        for (int64_t d = 0; d < D; d++) value[d] = row[d] - base[d];
    }
}

void xw2v_displacements(ReplicaRows *rows, Team *team) {
    team_run(team, rows, &(Phase){units_of(rows->count), displace_unit}, 1);
}

static void adopt_unit(void *job, int64_t unit, int64_t thread) {
    (void)thread;
    const ReplicaRows *rows = job;
    const int64_t D = rows->dim, last = least((unit + 1) * UNIT_ROWS, rows->count);
    for (int64_t i = unit * UNIT_ROWS; i < last; i++) {
        const float *value = rows->values + i * D;
        memcpy(rows->base + rows->ids[i] * D, value, (size_t)D * sizeof *value);
        if (rows->table) memcpy(rows->table + rows->ids[i] * D, value, (size_t)D * sizeof *value);
    }
}

void xw2v_adopt(ReplicaRows *rows, Team *team) {
    team_run(team, rows, &(Phase){units_of(rows->count), adopt_unit}, 1);
}

/* The direction of the mean of the other table's rows. */
static void find_direction(const Combination *c) {
    const int64_t D = c->dim;
    float *restrict mean = c->direction;
    double square = 0;
    memset(mean, 0, (size_t)D * sizeof *mean);
    for (int64_t r = 0; r < c->mean_rows; r++) {
        const float weight = c->weights[r], *restrict row = c->other_base + r * D;
#pragma omp simd
        for (int64_t d = 0; d < D; d++) mean[d] += weight * row[d];
    }
    for (int64_t d = 0; d < D; d++) square += (double)mean[d] * mean[d];
    const float scale = (float)(square > 0 ? 1 / sqrt(square) : 1);
    for (int64_t d = 0; d < D; d++) mean[d] *= scale;
}

/* The index of the first id that is not below `row`. */
static int64_t lower_bound(const int32_t *ids, int64_t count, int64_t row) {
    int64_t low = 0, high = count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (ids[middle] < row) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* Count the rows of a unit that any replica has; the unit after the last finds the direction. */
static void count_unit(void *job, int64_t unit, int64_t thread) {
    (void)thread;
    const Combination *c = job;
    const int64_t first = c->first + unit * UNIT_ROWS, last = least(first + UNIT_ROWS, c->last);
    char has_changed[UNIT_ROWS] = {0};
    if (first >= c->last) {
        find_direction(c);
        return;
    }
    for (int64_t r = 0; r < c->replicas; r++) {
        int64_t i = lower_bound(c->ids[r], c->counts[r], first);
        c->next[unit * c->replicas + r] = i;
        for (; i < c->counts[r] && c->ids[r][i] < last; i++) has_changed[c->ids[r][i] - first] = 1;
    }
    c->place_of_unit[unit] = 0;
    for (int64_t i = 0; i < UNIT_ROWS; i++) c->place_of_unit[unit] += has_changed[i];
}

static void place_units(void *job, int64_t unit, int64_t thread) {
    (void)unit;
    (void)thread;
    Combination *c = job;
    c->result_count = 0;
    for (int64_t u = 0; u < units_of(c->last - c->first); u++) {
        const int64_t count = c->place_of_unit[u];
        c->place_of_unit[u] = c->result_count;
        c->result_count += count;
    }
}

/* f = min(1, sum of squares / square of the sum); both are 0 or more but for rounding. */
static float diversity(float sum_of_squares, float square_of_sum) {
    const float above = sum_of_squares > 0 ? sum_of_squares : 0;
    return square_of_sum > above ? above / square_of_sum : 1;
}

/* g = (1 - exp(-N y)) / (N (1 - exp(-y))), where curvature lets N replicas go. */
static float saturation(double curvature, int64_t replicas) {
    if (!(curvature > 0)) return 1;
    const double N = (double)replicas;
    return (float)(expm1(-N * curvature) / (N * expm1(-curvature)));
}

/* Sum the displacements of a row over the replicas that have it; their number. */
static int64_t sum_row(
    const Combination *c, int64_t row, int64_t *next, float *restrict total, float *squares,
    float *along_squares
) {
    const int64_t D = c->dim;
    const float *restrict direction = c->direction;
    int64_t parts = 0;
    *squares = *along_squares = 0;
    for (int64_t r = 0; r < c->replicas; r++) {
        if (next[r] == c->counts[r] || c->ids[r][next[r]] != row) continue;
        const float *restrict value = c->values[r] + next[r]++ * D;
        float square = 0, along = 0;
        if (parts++ == 0) memset(total, 0, (size_t)D * sizeof *total);
#pragma omp simd reduction(+ : square, along)
        for (int64_t d = 0; d < D; d++) {
            square += value[d] * value[d];
            along += value[d] * direction[d];
            total[d] += value[d];
        }
        *squares += square;
        *along_squares += along * along;
    }
    return parts;
}

/* Combine the rows of a unit: `combined_displacement` of combine.py. */
static void combine_unit(void *job, int64_t unit, int64_t thread) {
    (void)thread;
    const Combination *c = job;
    const int64_t D = c->dim, first = c->first + unit * UNIT_ROWS;
    const int64_t last = least(first + UNIT_ROWS, c->last);
    const float *restrict direction = c->direction;
    int64_t *next = c->next + unit * c->replicas, place = c->place_of_unit[unit];
    for (int64_t row = first; row < last; row++) {
        float *restrict result = c->result_values + place * D;
        const float *restrict base = c->base + row * D;
        float squares, along_squares, square = 0, along = 0;
        const int64_t parts = sum_row(c, row, next, result, &squares, &along_squares);
        if (parts == 0) continue;
        float factor = 1, correction = 0;
        if (parts > 1) {
#pragma omp simd reduction(+ : square, along)
            for (int64_t d = 0; d < D; d++) {
                square += result[d] * result[d];
                along += result[d] * direction[d];
            }
            factor = diversity(squares - along_squares, square - along * along);
            const float least_factor = saturation(c->curvature[row - c->first], c->replicas);
            if (factor < least_factor) factor = least_factor;
            correction = (diversity(along_squares, along * along) - factor) * along;
        }
#pragma omp simd
        for (int64_t d = 0; d < D; d++)
            result[d] = base[d] + (factor * result[d] + correction * direction[d]);
        c->result_ids[place++] = (int32_t)row;
    }
}

void xw2v_combine(Combination *combination, Team *team) {
    const int64_t units = units_of(combination->last - combination->first);
    const Phase phases[] = {{units + 1, count_unit}, {1, place_units}, {units, combine_unit}};
    team_run(team, combination, phases, 3);
}
