/* Rows of replicas on their way between ranks: the mathematics of xw2v/sgns/combine.py and the
   loops of xw2v/sgns/combine_rows.py, as jobs for a team of threads.

       xw2v_find_changed    the rows of a table that are no longer as in its base
       xw2v_displacements   how far they have moved
       xw2v_combine         what rows become, given the displacements of all replicas
       xw2v_adopt           take over rows, into the table and its base
       xw2v_combine_shared  all of it where the tables of all replicas lie in this process's memory

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
    M(const int64_t *, counts)  /* (N,) rows of each replica */                                    \
    M(const int32_t **, ids)    /* (N,) arrays (counts[r],) */                                     \
    M(const float **, values)   /* (N,) arrays (counts[r], D) */                                   \
    M(const float *, curvature) /* (rows of the stretch,) that a replica met in each */            \
    M(const float *, direction) /* (D,) of the mean, a unit vector or zeros */                     \
    M(int64_t *, next)          /* (units, N) indices of the rows that a unit comes to next */     \
    M(int64_t *, place_of_unit) /* (units,) of a unit's first row in the result */                 \
    M(int32_t *, result_ids)    /* (rows of the stretch,) the result */                            \
    M(float *, result_values)   /* (rows of the stretch, D) */                                     \
    M(int64_t, result_count)

/* The tables of N replicas, of which a rank combines every Nth unit of rows for all. */
#define SHARED_TABLES_MEMBERS(M)                                                                   \
    M(int64_t, dim)       /* D */                                                                  \
    M(int64_t, replicas)  /* N */                                                                  \
    M(int64_t, rank)      /* below N */                                                            \
    M(int64_t, unit_rows) /* of a rank before the next one's begin */                              \
    M(float **, tables)   /* (N,) arrays (V, D) */                                                 \
    M(float *, base)      /* (V, D) */                                                             \
    M(int64_t, first)     /* rows first .. last - 1 are due */                                     \
    M(int64_t, last)                                                                               \
    M(const float *, curvature) /* (rows due,) that a replica met in each */                       \
    M(const float *, direction) /* (D,) of the mean, a unit vector or zeros */                     \
    M(float *, scratch)         /* (threads, 2, D) */

NATIVE_CONSTANTS(COMBINE_CONSTANTS)
NATIVE_STRUCTURE(ReplicaRows, REPLICA_ROWS_MEMBERS)
NATIVE_STRUCTURE(Combination, COMBINATION_MEMBERS)
NATIVE_STRUCTURE(SharedTables, SHARED_TABLES_MEMBERS)

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

/* Count the rows of a unit that any replica has. */
static void count_unit(void *job, int64_t unit, int64_t thread) {
    (void)thread;
    const Combination *c = job;
    const int64_t first = c->first + unit * UNIT_ROWS, last = least(first + UNIT_ROWS, c->last);
    char has_changed[UNIT_ROWS] = {0};
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

/* The displacements of a row, summed over the replicas that have moved it. */
typedef struct {
    int64_t replicas; /* that have */
    float squares, along_squares;
} RowSums;

static void add_displacement(
    RowSums *sums, float *restrict total, const float *restrict value,
    const float *restrict direction, int64_t D
) {
    float square = 0, along = 0;
    if (sums->replicas++ == 0) memset(total, 0, (size_t)D * sizeof *total);
#pragma omp simd reduction(+ : square, along)
    for (int64_t d = 0; d < D; d++) {
        square += value[d] * value[d];
        along += value[d] * direction[d];
        total[d] += value[d];
    }
    sums->squares += square;
    sums->along_squares += along * along;
}

/* Turn the total of a row's displacements into what it becomes: `combined_displacement` of
   combine.py. One replica's is taken as it is. */
static void combine_row(
    float *restrict total, RowSums sums, const float *restrict base,
    const float *restrict direction, double curvature, int64_t replicas, int64_t D
) {
    float factor = 1, correction = 0, square = 0, along = 0;
    if (sums.replicas > 1) {
#pragma omp simd reduction(+ : square, along)
        for (int64_t d = 0; d < D; d++) {
            square += total[d] * total[d];
            along += total[d] * direction[d];
        }
        factor = diversity(sums.squares - sums.along_squares, square - along * along);
        const float least_factor = saturation(curvature, replicas);
        if (factor < least_factor) factor = least_factor;
        correction = (diversity(sums.along_squares, along * along) - factor) * along;
    }
#pragma omp simd
    for (int64_t d = 0; d < D; d++)
        total[d] = base[d] + (factor * total[d] + correction * direction[d]);
}

static void combine_unit(void *job, int64_t unit, int64_t thread) {
    (void)thread;
    const Combination *c = job;
    const int64_t D = c->dim, N = c->replicas, first = c->first + unit * UNIT_ROWS;
    const int64_t last = least(first + UNIT_ROWS, c->last);
    int64_t *next = c->next + unit * N, place = c->place_of_unit[unit];
    for (int64_t row = first; row < last; row++) {
        float *result = c->result_values + place * D;
        RowSums sums = {0, 0, 0};
        for (int64_t r = 0; r < N; r++) {
            if (next[r] == c->counts[r] || c->ids[r][next[r]] != row) continue;
            add_displacement(&sums, result, c->values[r] + next[r]++ * D, c->direction, D);
        }
        if (sums.replicas == 0) continue;
        const float curvature = c->curvature[row - c->first];
        combine_row(result, sums, c->base + row * D, c->direction, curvature, N, D);
        c->result_ids[place++] = (int32_t)row;
    }
}

void xw2v_combine(Combination *combination, Team *team) {
    const int64_t units = units_of(combination->last - combination->first);
    const Phase phases[] = {{units, count_unit}, {1, place_units}, {units, combine_unit}};
    team_run(team, combination, phases, 3);
}

static void combine_shared_unit(void *job, int64_t unit, int64_t thread) {
    const SharedTables *s = job;
    const int64_t D = s->dim, N = s->replicas;
    const int64_t first = s->first + (unit * N + s->rank) * s->unit_rows;
    const int64_t last = least(first + s->unit_rows, s->last);
    const size_t size = (size_t)D * sizeof(float);
    float *restrict total = s->scratch + thread * 2 * D, *restrict value = total + D;
    for (int64_t row = first; row < last; row++) {
        float *restrict base = s->base + row * D;
        RowSums sums = {0, 0, 0};
        for (int64_t r = 0; r < N; r++) {
            const float *restrict own = s->tables[r] + row * D;
            if (memcmp(own, base, size) == 0) continue;
#pragma omp simd
            for (int64_t d = 0; d < D; d++) value[d] = own[d] - base[d];
            add_displacement(&sums, total, value, s->direction, D);
        }
        if (sums.replicas == 0) continue;
        combine_row(total, sums, base, s->direction, s->curvature[row - s->first], N, D);
        memcpy(base, total, size);
        for (int64_t r = 0; r < N; r++) memcpy(s->tables[r] + row * D, total, size);
    }
}

void xw2v_combine_shared(SharedTables *shared, Team *team) {
    const int64_t rows = shared->last - shared->first - shared->rank * shared->unit_rows;
    const int64_t stride = shared->replicas * shared->unit_rows;
    const int64_t units = rows > 0 ? (rows + stride - 1) / stride : 0;
    team_run(team, shared, &(Phase){units, combine_shared_unit}, 1);
}
