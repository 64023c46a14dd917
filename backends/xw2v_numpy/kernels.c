/* The loops over rows of a skip-gram step; its large products are NumPy's (see compiled.py, which calls these in turn).

   Compiled twice, by kernels32.c and kernels64.c, for tables of numbers of 32 and of 64 BITS. The tables are read only
   until `update`, so all gradients are taken at the rows before the step, as in xw2v.step, the plain version. Sums run
   in a fixed order: the same input gives the same bits. Rows of the tables have D numbers; all others P, which is D in
   whole vectors, and end in zeros.

   T tokens a batch, n a tile of whole groups; w the window; g tokens and K negatives a group; V words. */

#include <math.h>
#include <stdint.h>
#include <string.h>

#if BITS == 32
typedef float REAL;
typedef uint32_t WORD;
#else
typedef double REAL;
typedef uint64_t WORD;
#endif
typedef REAL vector __attribute__((vector_size(32)));

/* Where GCC and glibc can, a second version for processors with AVX2, which the loader takes on those. */
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__) && __GNUC__ >= 12
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v3", "default")))
#elif defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif
#define INLINE static inline __attribute__((always_inline))

#define LANES (int64_t)(sizeof(vector) / sizeof(REAL))
#define AHEAD 4          /* rows that are asked for before they are read */
#define AT_ONCE 4        /* rows that are summed at a time */
#define MOST_WINDOW 1000 /* compiled.py has the same */
#define MOST_ROWS (2 * MOST_WINDOW + 2 + AT_ONCE)
#define OUTSIDE 1e4f     /* the score of what is no pair: its gradient and its loss are 0 */
#define TINY 1e-30       /* at this z, phi(z) is 1 */

/* What a batch needs of one table. Its M distinct rows are numbered in the order in which they are met. */
typedef struct {
    REAL *table;   /* (V, D) */
    int32_t *slot; /* (V,) number of a row of this batch; -1 for all others, and for all between steps */
    int64_t *ids;  /* (M,) row of each number */
    int64_t count; /* M */
    REAL *sums;    /* (M, P) gradients times alpha; zero between steps */
    double *pairs, *positives; /* (M,) total weight of a row's pairs with negatives, and with positives */
    double *slope; /* (M,) times `mean`: what the control variate adds to the sums */
    REAL *score;   /* (M,) of a row that is in pairs with negatives, with `mean` */
    REAL *mean;    /* (P,) of the other table's rows in pairs with negatives */
} Rows;

typedef struct {
    int64_t words, size, padded, tokens, window, group, shared; /* V, D, P, T, w, g, K */
    double negative, bound, floor, curvature, weight_decay, alpha;
    int64_t measure;                                /* whether to sum the loss ... */
    double loss;                                    /* ... here */
    const int64_t *ids, *left, *right, *negatives;  /* (T + 2w,), (T,), (T,), (T/g, K): the batch */
    Rows center, context;
    int32_t *center_number, *token_number, *negative_number; /* (T,), (T + 2w,), (T/g, K) */
    double *pushes;                                 /* (T/g,) weight of the pairs of each negative of a group */
    REAL *centers_mean, *negatives_mean;            /* (T/g, P) of each group */
    REAL *X, *R, *N;                                /* (n, P), (n + 2w, P), (n/g, K, P) rows of a tile */
    REAL *scores;                                   /* (n, K) of negatives, which become their gradients */
    REAL *center_slope, *negative_slope;            /* (n,), (n/g, K) these gradients' sums were all rows the mean */
    REAL *band;                                     /* (g, 2w + 1) scores of a group's positives, likewise */
    REAL *dX, *dN;                                  /* (n, P), (n/g, K, P) products of gradients and rows */
} Step;

int64_t size_of_step(void) { return (int64_t)sizeof(Step); }

INLINE int32_t number_of(Rows *rows, int64_t id) {
    int32_t number = rows->slot[id];
    if (number < 0) {
        number = rows->slot[id] = (int32_t)rows->count++;
        rows->ids[number] = id;
        rows->pairs[number] = rows->positives[number] = rows->slope[number] = 0;
        rows->score[number] = 0;
    }
    return number;
}

INLINE int all_below(int64_t words, const int64_t *ids, int64_t count) {
    uint64_t all = 0;
    for (int64_t i = 0; i < count; i++) all |= (uint64_t)ids[i] < (uint64_t)words ? 0 : 1;
    return !all;
}

/* Number the rows of a batch, and weigh their pairs (context words' positives: `positives`). Returns whether all ids
   are words; else nothing is changed. */
int begin(Step *step) {
    const int64_t w = step->window, g = step->group, K = step->shared, groups = step->tokens / g;
    if (!all_below(step->words, step->ids, step->tokens + 2 * w)) return 0;
    if (!all_below(step->words, step->negatives, groups * K)) return 0;
    step->center.count = step->context.count = 0;
    step->loss = 0;
    for (int64_t t = 0; t < step->tokens + 2 * w; t++) step->token_number[t] = number_of(&step->context, step->ids[t]);
    for (int64_t q = 0; q < groups; q++) {
        double pairs = 0;
        for (int64_t t = q * g; t < (q + 1) * g; t++) {
            const double mine = (double)(step->left[t] + step->right[t]);
            const int32_t number = step->center_number[t] = number_of(&step->center, step->ids[w + t]);
            step->center.pairs[number] += step->negative * mine;
            step->center.positives[number] += mine;
            pairs += mine;
        }
        step->pushes[q] = pairs * step->negative / (double)K;
        for (int64_t k = q * K; k < (q + 1) * K; k++) {
            const int32_t number = step->negative_number[k] = number_of(&step->context, step->negatives[k]);
            step->context.pairs[number] += step->pushes[q];
        }
    }
    return 1;
}

INLINE void prefetch(const REAL *row, int64_t size) {
    for (int64_t i = 0; i < size; i += 64 / (int64_t)sizeof(REAL)) __builtin_prefetch(row + i);
}

/* The mean of a table's rows, as often as they are in pairs with negatives. */
INLINE void mean_row(int64_t D, int64_t P, const Rows *rows, REAL *restrict mean) {
    double pairs = 0;
    memset(mean, 0, (size_t)P * sizeof(REAL));
    for (int64_t number = 0; number < rows->count; number++) pairs += rows->pairs[number];
    for (int64_t number = 0; number < rows->count; number++) {
        if (number + AHEAD < rows->count) prefetch(rows->table + rows->ids[number + AHEAD] * D, D);
        if (rows->pairs[number] == 0) continue;
        const REAL share = (REAL)(rows->pairs[number] / pairs), *restrict row = rows->table + rows->ids[number] * D;
#pragma omp simd
        for (int64_t i = 0; i < D; i++) mean[i] += share * row[i];
    }
}

/* Once a batch has begun: what the rows of each table meet on average. */
FOR_EACH_PROCESSOR void means(Step *step) {
    mean_row(step->size, step->padded, &step->context, step->center.mean);
    mean_row(step->size, step->padded, &step->center, step->context.mean);
}

/* Copy a row of D numbers, and mean += share * row. */
INLINE void copy_row(int64_t D, REAL *restrict to, const REAL *restrict row, REAL share, REAL *restrict mean) {
#pragma omp simd
    for (int64_t i = 0; i < D; i++) {
        to[i] = row[i];
        mean[i] += share * row[i];
    }
}

/* The rows of the groups first .. last - 1 side by side, and the means of each group's. */
FOR_EACH_PROCESSOR void gather(Step *step, int64_t first, int64_t last) {
    const int64_t D = step->size, P = step->padded, g = step->group, K = step->shared, w = step->window;
    const REAL *center = step->center.table, *context = step->context.table;
    REAL *X = step->X, *R = step->R, *N = step->N;
    for (int64_t q = first; q < last; q++) {
        REAL *centers_mean = step->centers_mean + q * P, *negatives_mean = step->negatives_mean + q * P;
        const double each = step->negative / (double)K / (step->pushes[q] > 0 ? step->pushes[q] : 1);
        memset(centers_mean, 0, (size_t)P * sizeof(REAL));
        memset(negatives_mean, 0, (size_t)P * sizeof(REAL));
        for (int64_t t = q * g; t < (q + 1) * g; t++, X += P) {
            const double share = each * (double)(step->left[t] + step->right[t]);
            if (t + AHEAD < step->tokens) prefetch(center + step->ids[w + t + AHEAD] * D, D);
            copy_row(D, X, center + step->ids[w + t] * D, (REAL)share, centers_mean);
        }
        for (int64_t k = q * K; k < (q + 1) * K; k++, N += P) {
            if (k + AHEAD < (q + 1) * K) prefetch(context + step->negatives[k + AHEAD] * D, D);
            copy_row(D, N, context + step->negatives[k] * D, (REAL)(1 / (double)K), negatives_mean);
        }
    }
    for (int64_t t = first * g; t < last * g + 2 * w; t++, R += P) {
        if (t + AHEAD < step->tokens + 2 * w) prefetch(context + step->ids[t + AHEAD] * D, D);
        memcpy(R, context + step->ids[t] * D, (size_t)D * sizeof(REAL));
    }
}

/* exp(-|x|), 0 where that nears the least normal number: 2^n exp(r) with |r| < 0.35, by Taylor's series. */
INLINE REAL exp_minus(REAL x) {
    const REAL most = BITS == 32 ? (REAL)87 : (REAL)708;
    const REAL rounds = BITS == 32 ? (REAL)12582912.0 : (REAL)6755399441055744.0; /* 1.5 2^23, 1.5 2^52 */
    const int mantissa = BITS == 32 ? 23 : 52, bias = BITS == 32 ? 127 : 1023, terms = BITS == 32 ? 7 : 14;
    const REAL minus = x < 0 ? x : -x, y = minus < -most ? -most : minus;
    const REAL shifted = y * (REAL)1.4426950408889634 + rounds, n = shifted - rounds; /* n is in its last bits */
    const REAL r = (y - n * (REAL)0.693145751953125) - n * (REAL)1.42860682030941723212e-6; /* ln 2, in two parts */
    REAL series = 1, scale;
    for (int k = terms; k > 0; k--) series = 1 + series * (r * (1 / (REAL)k));
    WORD bits, zero;
    memcpy(&bits, &shifted, sizeof bits);
    memcpy(&zero, &rounds, sizeof zero);
    bits = (bits - zero + (WORD)bias) << mantissa;
    memcpy(&scale, &bits, sizeof scale);
    return minus < -most ? 0 : series * scale; /* NaN stays NaN */
}

/* 1 / (1 + exp(-x)) */
INLINE REAL sigmoid(REAL x) {
    const REAL e = exp_minus(x), share = 1 / (1 + e);
    return x < 0 ? e * share : share;
}

/* log(1 + exp(x)), with log(1 + e) = 2 artanh(e / (2 + e)) by its series */
INLINE double softplus(REAL x) {
    const REAL e = exp_minus(x), z = e / (2 + e);
    REAL series = 0;
    for (int k = BITS == 32 ? 15 : 33; k > 0; k -= 2) series = series * (z * z) + 1 / (REAL)k;
    return (double)((x > 0 ? x : 0) + 2 * z * series);
}

/* products[j] = x . rows[j], for a constant count of at most AT_ONCE */
INLINE void dots_of(const int count, int64_t P, const REAL *x, const REAL *const *rows, REAL *products) {
    vector sums[AT_ONCE];
    for (int j = 0; j < count; j++) sums[j] = (vector){0};
    for (int64_t i = 0; i < P; i += LANES) {
        const vector mine = *(const vector *)(x + i);
        for (int j = 0; j < count; j++) sums[j] += mine * *(const vector *)(rows[j] + i);
    }
    for (int j = 0; j < count; j++) {
        REAL lanes[LANES];
        memcpy(lanes, &sums[j], sizeof lanes);
        for (int64_t half = LANES / 2; half > 0; half /= 2)
            for (int64_t lane = 0; lane < half; lane++) lanes[lane] += lanes[lane + half];
        products[j] = lanes[0];
    }
}

/* The same for any count. The arrays have room for AT_ONCE - 1 more. */
INLINE void dots(int64_t P, const REAL *x, int64_t count, const REAL **rows, REAL *products) {
    for (int64_t j = count; j < count + AT_ONCE - 1; j++) rows[j] = x;
    for (int64_t j = 0; j < count; j += AT_ONCE) dots_of(AT_ONCE, P, x, rows + j, products + j);
}

/* sum += the rows, each times its share. The arrays have room for AT_ONCE - 1 more. */
INLINE void add_rows(int64_t P, REAL *sum, int64_t count, REAL *shares, const REAL **rows) {
    for (int64_t j = count; j < count + AT_ONCE - 1; j++) shares[j] = 0, rows[j] = rows[0];
    for (int64_t first = 0; first < count; first += AT_ONCE) {
        const REAL *share = shares + first, *const *row = rows + first;
        for (int64_t i = 0; i < P; i += LANES) {
            vector total = *(vector *)(sum + i);
            for (int j = 0; j < AT_ONCE; j++) total += share[j] * *(const vector *)(row[j] + i);
            *(vector *)(sum + i) = total;
        }
    }
}

/* For consecutive rows of a tile: slopes[i], which hold weights, times sigmoid(row i . mean). Keeps these scores. */
INLINE void slopes_at(
    int64_t P, const Rows *table, const int32_t *numbers, int64_t count, const REAL *row, REAL *slopes
) {
    for (int64_t i = 0; i < count; i += AT_ONCE) {
        const REAL *rows[AT_ONCE];
        REAL scores[AT_ONCE];
        for (int j = 0; j < AT_ONCE; j++) rows[j] = row + (i + j < count ? i + j : i) * P;
        dots_of(AT_ONCE, P, table->mean, rows, scores);
        for (int j = 0; j < AT_ONCE && i + j < count; j++) {
            slopes[i + j] *= sigmoid(scores[j]);
            table->score[numbers[i + j]] = scores[j];
        }
    }
}

/* The scores of the negatives become gradients; and the slopes. */
FOR_EACH_PROCESSOR void negatives(Step *step, int64_t first, int64_t last) {
    const int64_t g = step->group, K = step->shared, P = step->padded;
    REAL *scores = step->scores;
    for (int64_t q = first; q < last; q++) {
        for (int64_t t = q * g; t < (q + 1) * g; t++, scores += K) {
            const double weight = step->negative / (double)K * (double)(step->left[t] + step->right[t]);
            const REAL factor = (REAL)(step->alpha * weight);
            if (step->measure) {
                double loss = 0;
#pragma omp simd reduction(+ : loss)
                for (int64_t k = 0; k < K; k++) loss += softplus(scores[k]);
                step->loss += weight * loss;
            }
            step->center_slope[t - first * g] = factor * (REAL)K;
#pragma omp simd
            for (int64_t k = 0; k < K; k++) scores[k] = factor * sigmoid(scores[k]);
        }
        for (int64_t k = q * K; k < (q + 1) * K; k++)
            step->negative_slope[k - first * K] = (REAL)(step->alpha * step->pushes[q]);
    }
    const int32_t *centers = step->center_number + first * g, *drawn = step->negative_number + first * K;
    slopes_at(P, &step->center, centers, (last - first) * g, step->X, step->center_slope);
    slopes_at(P, &step->context, drawn, (last - first) * K, step->N, step->negative_slope);
}

/* The positive pairs of the groups first .. last - 1; then all gradients of their rows go into the sums. */
FOR_EACH_PROCESSOR void positives(Step *step, int64_t first, int64_t last) {
    const int64_t P = step->padded, g = step->group, K = step->shared, w = step->window, width = 2 * w + 1;
    const int64_t tile = first * g;
    const int32_t *token_number = step->token_number + w; /* of the token at a center's place */
    const REAL *R = step->R + (w - tile) * P, *X = step->X - tile * P, alpha = (REAL)step->alpha;
    const REAL *rows[MOST_ROWS];
    REAL shares[MOST_ROWS], *band = step->band;
    int64_t distance[MOST_ROWS];
    for (int64_t q = first; q < last; q++) {
        const int64_t begin = q * g, end = begin + g;
        for (int64_t i = 0; i < g * width; i++) band[i] = OUTSIDE;
        for (int64_t t = begin; t < end; t++) {
            const int64_t left = step->left[t], right = step->right[t];
            int64_t count = 0;
            for (int64_t j = -w; j <= w; j++) { /* no branch to guess wrong */
                rows[count] = R + (t + j) * P;
                distance[count] = j;
                count += (j >= -left) & (j <= right) & (j != 0);
            }
            dots(P, X + t * P, count, rows, shares);
            for (int64_t j = 0; j < count; j++) {
                band[(t - begin) * width + w + distance[j]] = shares[j];
                step->context.positives[token_number[t + distance[j]]] += 1;
            }
        }
        if (step->measure) {
            double loss = 0;
#pragma omp simd reduction(+ : loss)
            for (int64_t i = 0; i < g * width; i++) loss += softplus(-band[i]);
            step->loss += loss;
        }
#pragma omp simd
        for (int64_t i = 0; i < g * width; i++) band[i] = -alpha * sigmoid(-band[i]);
        for (int64_t t = begin; t < end; t++) { /* the centers' sums */
            const REAL *mine = band + (t - begin) * width + w, slope = step->center_slope[t - tile];
            const int32_t number = step->center_number[t];
            int64_t count = 2;
            rows[0] = step->dX + (t - tile) * P, shares[0] = 1;
            rows[1] = step->negatives_mean + q * P, shares[1] = -slope;
            for (int64_t j = -w; j <= w; j++) {
                rows[count] = R + (t + j) * P;
                shares[count] = mine[j];
                count += shares[count] != 0;
            }
            step->center.slope[number] += (double)slope;
            add_rows(P, step->center.sums + number * P, count, shares, rows);
        }
        for (int64_t u = begin - w; u < end + w; u++) { /* the context words' */
            const int64_t from = u - w < begin ? begin : u - w, to = u + w < end ? u + w : end - 1;
            int64_t count = 0;
            for (int64_t t = from; t <= to; t++) {
                rows[count] = X + t * P;
                shares[count] = band[(t - begin) * width + w + (u - t)];
                count += shares[count] != 0;
            }
            if (count) add_rows(P, step->context.sums + token_number[u] * P, count, shares, rows);
        }
        for (int64_t k = q * K; k < (q + 1) * K; k++) { /* the negatives' */
            const int64_t place = k - first * K;
            const int32_t number = step->negative_number[k];
            const REAL slope = step->negative_slope[place];
            rows[0] = step->dN + place * P, shares[0] = 1;
            rows[1] = step->centers_mean + q * P, shares[1] = -slope;
            step->context.slope[number] += (double)slope;
            add_rows(P, step->context.sums + number * P, 2, shares, rows);
        }
    }
}

/* Move the rows of one table by their sums: damped along the mean, and bounded, as in xw2v.update. */
INLINE void move(const Step *step, Rows *rows) {
    const int64_t D = step->size, P = step->padded;
    const REAL *mean = rows->mean, decay = (REAL)(step->alpha * step->weight_decay);
    const double least = step->bound * step->floor; /* how far any row may move */
    REAL squared;
    dots_of(1, P, mean, &mean, &squared);
    for (int64_t number = 0; number < rows->count; number++) {
        REAL *restrict row = rows->table + rows->ids[number] * D, *restrict sum = rows->sums + number * P;
        if (number + AHEAD < rows->count) prefetch(rows->table + rows->ids[number + AHEAD] * D, D);
        rows->slot[rows->ids[number]] = -1;
        if (decay != 0)
            for (int64_t i = 0; i < D; i++) sum[i] += decay * row[i];
        const REAL *const both[2] = {mean, sum};
        REAL products[2];
        dots_of(2, P, sum, both, products);
        const double along = (double)products[0], slope = rows->slope[number];
        const double e = (double)exp_minus(rows->score[number]), of_negatives = e / ((1 + e) * (1 + e));
        const double curvature = step->curvature * rows->positives[number] + of_negatives * rows->pairs[number];
        const double z = fmax(step->alpha * (double)squared * curvature, TINY);
        const double less = -expm1(-z) / z - 1; /* phi(z) - 1 */
        const double more = slope + less * (slope + (squared > 0 ? along / (double)squared : 0));
        const double change = (double)products[1] + more * (2 * along + more * (double)squared);
        double scale = 1;
        if (!(change < 0.99 * least * least)) { /* else no row is too short for it, however `change` was rounded */
            double norm = 0, length = 0;
#pragma omp simd reduction(+ : norm, length)
            for (int64_t i = 0; i < D; i++) {
                const double delta = (double)sum[i] + more * (double)mean[i];
                norm += (double)row[i] * (double)row[i];
                length += delta * delta;
            }
            if (length > 0) scale = fmin((step->bound * sqrt(norm) + least) / sqrt(length), 1);
        }
        const REAL of_sum = (REAL)scale, of_mean = (REAL)(scale * more);
#pragma omp simd
        for (int64_t i = 0; i < D; i++) row[i] -= of_sum * sum[i] + of_mean * mean[i];
        memset(sum, 0, (size_t)P * sizeof(REAL));
    }
}

/* The update of both tables, after which the next batch can begin. */
FOR_EACH_PROCESSOR void update(Step *step) {
    move(step, &step->center);
    move(step, &step->context);
}
