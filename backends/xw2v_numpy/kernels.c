/* The loops over rows of a skip-gram step; its large products are NumPy's (see compiled.py, which calls these in turn).

   Compiled twice, by kernels32.c and kernels64.c, for tables of numbers of 32 and of 64 BITS. The tables are read only
   until `update`, so all gradients are taken at the rows before the step, as in xw2v.sgns.step, the plain version. Sums run
   in a fixed order: the same input gives the same bits. Rows of the tables have D numbers; all others P, which is D in
   whole vectors, and end in zeros. Rows of R past a tile's last are of the same step, or zeros: they meet shares of 0.

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

/* Where GCC and glibc can, a second version for processors with AVX2, which the loader takes on those. (clang 14 can, too,
   but exports such functions under other names.) */
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
#define TOGETHER 16      /* rows whose coefficients are worked out side by side; a multiple of AT_ONCE */
#define MOST_WINDOW 1000 /* compiled.py has the same */
#define MOST_ROWS (2 * MOST_WINDOW + AT_ONCE)
#define OUTSIDE 1e4f     /* the score of what is no pair: its gradient and its loss are 0 */

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
    int32_t *turns;                                 /* (T + 2w + 1,) windows that begin here, less those just past */
    double *pushes;                                 /* (T/g,) weight of the pairs of each negative of a group */
    REAL *centers_mean, *negatives_mean;            /* (T/g, P) of each group */
    REAL *X, *R;                                    /* (n, P), (n + 2w + AT_ONCE - 1, P) rows of a tile's tokens ... */
    REAL *N, *NT;                                   /* (n/g, K, P), (n/g, P, K) ... and negatives, and the other way */
    REAL *scores;                                   /* (n, K) of negatives, which become their gradients */
    REAL *center_slope, *negative_slope;            /* (n,), (n/g, K) these gradients' sums were all rows the mean */
    REAL *band;                                     /* (g, 2w + AT_ONCE - 1) scores of a group's positives, likewise */
    REAL *dX, *dN;                                  /* (n, P), (n/g, K, P) products of gradients and rows */
} Step;

int64_t size_of_structure(void) { return (int64_t)sizeof(Step); }
int64_t rows_at_once(void) { return AT_ONCE; }

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

INLINE int all_below(int64_t end, const int64_t *numbers, int64_t count) {
    uint64_t all = 0;
    for (int64_t i = 0; i < count; i++) all |= (uint64_t)numbers[i] < (uint64_t)end ? 0 : 1;
    return !all;
}

enum { BEGUN, NO_WORD, NO_WINDOW }; /* compiled.py has their numbers */

/* Number the rows of a batch, and weigh their pairs. Where an id is no word, or a window wider than it may be, nothing
   is changed. */
int begin(Step *step) {
    const int64_t w = step->window, g = step->group, K = step->shared, groups = step->tokens / g;
    if (!all_below(step->words, step->ids, step->tokens + 2 * w)) return NO_WORD;
    if (!all_below(step->words, step->negatives, groups * K)) return NO_WORD;
    if (!all_below(w + 1, step->left, step->tokens) || !all_below(w + 1, step->right, step->tokens)) return NO_WINDOW;
    step->center.count = step->context.count = 0;
    step->loss = 0;
    memset(step->turns, 0, (size_t)(step->tokens + 2 * w + 1) * sizeof *step->turns);
    for (int64_t t = 0; t < step->tokens; t++)
        step->turns[w + t - step->left[t]]++, step->turns[w + t + step->right[t] + 1]--;
    for (int64_t t = 0, windows = 0; t < step->tokens + 2 * w; t++) {
        const int32_t number = step->token_number[t] = number_of(&step->context, step->ids[t]);
        windows += step->turns[t]; /* those that this token is in: a pair each, but for its own */
        step->context.positives[number] += (double)(windows - (t >= w && t < step->tokens + w));
    }
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
    return BEGUN;
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

/* to[j, i] = from[i, j] for I rows of J numbers, some rows at a time: a line of `to` is written once */
INLINE void transpose(int64_t I, int64_t J, const REAL *restrict from, REAL *restrict to) {
    int64_t i = 0;
    for (; i + LANES <= I; i += LANES)
        for (int64_t j = 0; j < J; j++)
            for (int64_t k = 0; k < LANES; k++) to[j * I + i + k] = from[(i + k) * J + j];
    for (; i < I; i++)
        for (int64_t j = 0; j < J; j++) to[j * I + i] = from[i * J + j];
}

/* The rows of the groups first .. last - 1 side by side, and the means of each group's. */
FOR_EACH_PROCESSOR void gather(Step *step, int64_t first, int64_t last) {
    const int64_t D = step->size, P = step->padded, g = step->group, K = step->shared, w = step->window;
    const REAL *center = step->center.table, *context = step->context.table;
    REAL *X = step->X, *R = step->R, *N = step->N, *NT = step->NT;
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
        transpose(K, P, N - K * P, NT);
        NT += P * K;
    }
    for (int64_t t = first * g; t < last * g + 2 * w; t++, R += P) {
        if (t + AHEAD < step->tokens + 2 * w) prefetch(context + step->ids[t + AHEAD] * D, D);
        memcpy(R, context + step->ids[t] * D, (size_t)D * sizeof(REAL));
    }
}

/* exp(x) = 2^n exp(r) with |r| < 0.35, by Taylor's series; 0 and infinity where 2^n is not a normal number. */
INLINE REAL exponential(REAL x) {
    const REAL rounds = BITS == 32 ? (REAL)12582912.0 : (REAL)6755399441055744.0; /* 1.5 2^23, 1.5 2^52 */
    const int mantissa = BITS == 32 ? 23 : 52, bias = BITS == 32 ? 127 : 1023, terms = BITS == 32 ? 7 : 14;
    const double ln2 = 0.69314718055994531;
    const REAL least = (REAL)(-bias * ln2), most = (REAL)((bias + 1) * ln2); /* where 2^n is 0 and infinity */
    const REAL y = x < least ? least : x > most ? most : x; /* NaN stays NaN */
    const REAL shifted = y * (REAL)1.4426950408889634 + rounds, n = shifted - rounds; /* n is in its last bits */
    const REAL r = (y - n * (REAL)0.693145751953125) - n * (REAL)1.42860682030941723212e-6; /* ln2, in two parts */
    REAL series = 1, factorial = 1, scale;
    for (int k = terms; k > 1; k--) factorial *= (REAL)k;
    series = 1 / factorial;
    for (int k = terms; k > 0; k--) {
        factorial /= (REAL)k;
        series = series * r + 1 / factorial;
    }
    WORD bits, zero;
    memcpy(&bits, &shifted, sizeof bits);
    memcpy(&zero, &rounds, sizeof zero);
    bits = (bits - zero + (WORD)bias) << mantissa;
    memcpy(&scale, &bits, sizeof scale);
    return series * scale;
}

INLINE REAL exp_minus(REAL x) { return exponential(x < 0 ? x : -x); } /* exp(-|x|) */

INLINE REAL sigmoid(REAL x) { return 1 / (1 + exponential(-x)); }

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

/* sum += the rows, each times its share, for a constant count */
INLINE void add(const int count, int64_t P, REAL *sum, const REAL *shares, const REAL *const *rows) {
    for (int64_t i = 0; i < P; i += LANES) {
        vector total = *(vector *)(sum + i);
        for (int j = 0; j < count; j++) total += shares[j] * *(const vector *)(rows[j] + i);
        *(vector *)(sum + i) = total;
    }
}

/* For consecutive rows of a tile: slopes[i], which hold weights, times sigmoid(row i . mean). Keeps these scores. */
INLINE void slopes_at(
    int64_t P, const Rows *table, const int32_t *numbers, int64_t count, const REAL *row, REAL *slopes
) {
    for (int64_t first = 0; first < count; first += TOGETHER) {
        const int64_t some = count - first < TOGETHER ? count - first : TOGETHER;
        REAL scores[TOGETHER];
        for (int64_t i = 0; i < some; i += AT_ONCE) {
            const REAL *rows[AT_ONCE];
            for (int j = 0; j < AT_ONCE; j++) rows[j] = row + (first + (i + j < some ? i + j : i)) * P;
            dots_of(AT_ONCE, P, table->mean, rows, scores + i);
        }
#pragma omp simd
        for (int64_t i = 0; i < some; i++) slopes[first + i] *= sigmoid(scores[i]);
        for (int64_t i = 0; i < some; i++) table->score[numbers[first + i]] = scores[i];
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

/* A center's row of the band has its context words side by side: the last before it at -1, the first after it at 0.
   How far from the center the one at j stands. */
INLINE int64_t distance(int64_t j) { return j < 0 ? j : j + 1; }

/* Append the centers from .. to - 1 that have one context word in their windows, with its shares: in the band, `apart`
   numbers after each other from `place` on. */
INLINE int64_t append(
    int64_t count, int64_t from, int64_t to, int64_t P, const REAL *X, const REAL *band, int64_t place, int64_t apart,
    const REAL **rows, REAL *shares
) {
    for (int64_t t = from; t < to; t++, place += apart) { /* no branch to guess wrong */
        rows[count] = X + t * P;
        shares[count] = band[place];
        count += !(band[place] >= 0); /* it is 0 in the others */
    }
    return count;
}

/* The positive pairs of the groups first .. last - 1; then all gradients of their rows go into the sums. */
FOR_EACH_PROCESSOR void positives(Step *step, int64_t first, int64_t last) {
    const int64_t P = step->padded, g = step->group, K = step->shared, w = step->window, width = 2 * w + AT_ONCE - 1;
    const int64_t tile = first * g;
    const int32_t *token_number = step->token_number + w; /* of the token at a center's place */
    const REAL *R = step->R + (w - tile) * P, *X = step->X - tile * P, alpha = (REAL)step->alpha;
    const REAL *rows[MOST_ROWS];
    REAL shares[MOST_ROWS], *band = step->band;
    for (int64_t q = first; q < last; q++) {
        const int64_t begin = q * g, end = begin + g;
        for (int64_t i = 0; i < g * width; i++) band[i] = OUTSIDE;
        for (int64_t t = begin; t < end; t++) {
            const int64_t right = step->right[t];
            REAL *mine = band + (t - begin) * width + w;
            for (int64_t j = -step->left[t]; j < right; j += AT_ONCE) {
                for (int i = 0; i < AT_ONCE; i++) rows[i] = R + (t + distance(j + i)) * P;
                dots_of(AT_ONCE, P, X + t * P, rows, mine + j);
            }
            for (int i = 0; i < AT_ONCE - 1; i++) mine[right + i] = OUTSIDE; /* what was one too many */
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
            const int64_t right = step->right[t], number = step->center_number[t];
            REAL *sum = step->center.sums + number * P;
            int64_t j = -step->left[t];
            for (int i = 0; i < AT_ONCE; i++, j++) rows[i] = R + (t + distance(j)) * P, shares[i] = mine[j];
            rows[AT_ONCE] = step->dX + (t - tile) * P, shares[AT_ONCE] = 1;
            rows[AT_ONCE + 1] = step->negatives_mean + q * P, shares[AT_ONCE + 1] = -slope;
            step->center.slope[number] += (double)slope;
            add(AT_ONCE + 2, P, sum, shares, rows);
            for (; j < right; j += AT_ONCE) {
                for (int i = 0; i < AT_ONCE; i++) rows[i] = R + (t + distance(j + i)) * P;
                add(AT_ONCE, P, sum, mine + j, rows);
            }
        }
        for (int64_t u = begin - w; u < end + w; u++) { /* the context words' */
            const int64_t from = u - w < begin ? begin : u - w, to = u + w < end ? u + w + 1 : end;
            const int64_t before = u < to ? u : to, after = u < from ? from : u + 1;
            const int64_t in_first = (from - begin) * width + w + u - from - 1; /* it comes after these centers ... */
            const int64_t in_later = (after - begin) * width + w + u - after;   /* ... and before these */
            REAL *sum = step->context.sums + token_number[u] * P;
            int64_t count = append(0, from, before, P, X, band, in_first, width - 1, rows, shares);
            count = append(count, after, to, P, X, band, in_later, width - 1, rows, shares);
            for (int64_t i = count; i < count + AT_ONCE - 1; i++) rows[i] = rows[0], shares[i] = 0;
            for (int64_t i = 0; i < count; i += AT_ONCE) add(AT_ONCE, P, sum, shares + i, rows + i);
        }
        for (int64_t k = q * K; k < (q + 1) * K; k++) { /* the negatives' */
            const int64_t place = k - first * K, number = step->negative_number[k];
            const REAL slope = step->negative_slope[place];
            rows[0] = step->dN + place * P, shares[0] = 1;
            rows[1] = step->centers_mean + q * P, shares[1] = -slope;
            step->context.slope[number] += (double)slope;
            add(2, P, step->context.sums + number * P, shares, rows);
        }
    }
}

/* phi(z) - 1 for phi(z) = (1 - exp(-z)) / z, by Taylor's series where z < 1 */
INLINE REAL phi_less_1(REAL z) {
    const int terms = BITS == 32 ? 10 : 18;
    const REAL small = z < 1 ? z : 1;
    REAL series = 1;
    for (int k = terms; k > 2; k--) series = 1 - series * (small * (1 / (REAL)k));
    return z < 1 ? small * series * (REAL)-0.5 : (1 - exp_minus(z)) / z - 1;
}

/* Move the rows of one table by their sums, to which `more` times the mean is added: what the control variate had left
   out, and what damping takes. And no further than the bound. See xw2v.sgns.update. */
INLINE void move(const Step *step, Rows *rows) {
    const int64_t D = step->size, P = step->padded;
    const REAL *mean = rows->mean, decay = (REAL)(step->alpha * step->weight_decay);
    const REAL curvature = (REAL)step->curvature, bound = (REAL)step->bound;
    const REAL least = bound * (REAL)step->floor; /* how far any row may move */
    REAL squared;
    dots_of(1, P, mean, &mean, &squared);
    const REAL steepness = (REAL)step->alpha * squared, divisor = squared > 0 ? squared : 1;
    const REAL slack = BITS == 32 ? (REAL)1e-5 : (REAL)1e-14; /* of a square, for what rounding may take from it */
    for (int64_t first = 0; first < rows->count; first += TOGETHER) {
        const int64_t count = rows->count - first < TOGETHER ? rows->count - first : TOGETHER;
        const int64_t *ids = rows->ids + first;
        REAL along[TOGETHER], more[TOGETHER], length[TOGETHER]; /* squared, and no less than it is */
        for (int64_t i = 0; i < count; i++) {
            REAL *row = rows->table + ids[i] * D, *sum = rows->sums + (first + i) * P;
            prefetch(row, D);
            rows->slot[ids[i]] = -1;
            if (decay != 0)
                for (int64_t c = 0; c < D; c++) sum[c] += decay * row[c];
            const REAL *const both[2] = {mean, sum};
            REAL products[2];
            dots_of(2, P, sum, both, products);
            along[i] = products[0], length[i] = products[1];
        }
#pragma omp simd
        for (int64_t i = 0; i < count; i++) {
            const REAL e = exp_minus(rows->score[first + i]), of_negatives = e / ((1 + e) * (1 + e));
            const REAL positives = (REAL)rows->positives[first + i], pairs = (REAL)rows->pairs[first + i];
            const REAL less = phi_less_1(steepness * (curvature * positives + of_negatives * pairs));
            const REAL slope = (REAL)rows->slope[first + i];
            const REAL mine = slope + less * (slope + along[i] / divisor);
            more[i] = mine;
            length[i] += mine * (2 * along[i] + mine * squared) + slack * (length[i] + mine * mine * squared);
        }
        for (int64_t i = 0; i < count; i++) {
            REAL *restrict row = rows->table + ids[i] * D, *restrict sum = rows->sums + (first + i) * P;
            REAL scale = 1;
            if (!(length[i] < least * least)) { /* else any row may move so far */
                REAL norm = 0, change = 0;
#pragma omp simd reduction(+ : norm, change)
                for (int64_t c = 0; c < D; c++) {
                    const REAL delta = sum[c] + more[i] * mean[c];
                    norm += row[c] * row[c];
                    change += delta * delta;
                }
                const REAL limit = bound * (REAL)sqrt((double)norm) + least;
                if (change > limit * limit) scale = limit / (REAL)sqrt((double)change);
            }
            const REAL of_mean = scale * more[i];
#pragma omp simd
            for (int64_t c = 0; c < D; c++) row[c] -= scale * sum[c] + of_mean * mean[c];
            memset(sum, 0, (size_t)P * sizeof(REAL));
        }
    }
}

/* The update of both tables, after which the next batch can begin. */
FOR_EACH_PROCESSOR void update(Step *step) {
    move(step, &step->center);
    move(step, &step->context);
}
