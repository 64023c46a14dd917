/* Where in the scratch of a tile the arrays of one group are, and what one window of it is. */

#pragma once

#include "numerics.h"

/* Group q of the batch, and what the scratch of its tile has of it. */
typedef struct {
    int64_t q;
    int64_t first_center;   /* of the batch; and one past the group's last */
    int64_t end_center;
    REAL *X;                /* (g, P) */
    REAL *N;                /* (K, P) */
    REAL *NT;               /* (P, K) */
    REAL *centers_mean;     /* (P,) */
    REAL *negatives_mean;   /* (P,) */
    REAL *negative_scores;  /* (g, K) */
    REAL *center_cv;        /* (g,) */
    REAL *negative_cv;      /* (K,) */
    const REAL *dX;         /* (g, P) */
    const REAL *dN;         /* (K, P) */
    const REAL *C;          /* at row w, the first center's token, of (g + 2w, P) */
} Group;

/* Group q of the tile that begins with group `first`. */
INLINE Group group_of(const StepPlan *plan, const TileScratch *tile, int64_t first, int64_t q) {
    const int64_t P = plan->padded_dim;
    const int64_t g = plan->group;
    const int64_t K = plan->shared_negatives;
    const int64_t i = q - first;
    return (Group){
        .q = q,
        .first_center = q * g,
        .end_center = (q + 1) * g,
        .X = tile->X + i * g * P,
        .N = tile->N + i * K * P,
        .NT = tile->NT + i * K * P,
        .centers_mean = tile->centers_mean + i * P,
        .negatives_mean = tile->negatives_mean + i * P,
        .negative_scores = tile->negative_scores + i * g * K,
        .center_cv = tile->center_cv + i * g,
        .negative_cv = tile->negative_cv + i * K,
        .dX = tile->dX + i * g * P,
        .dN = tile->dN + i * K * P,
        .C = tile->C + (i * g + plan->window) * P,
    };
}

/* window_scores has a row for each center of a group: the scores of its context words side by side,
   without one of its own. The last word before it is at column -1, the first after it at 0. */

INLINE int64_t window_width(const StepPlan *plan) { return 2 * plan->window + ROWS_READ_PAST_END; }

/* Column 0 of the row of center t, or where it would be. */
INLINE REAL *window_of(
    const StepPlan *plan, const TileScratch *tile, const Group *group, int64_t t
) {
    const int64_t i = t - group->first_center;
    return tile->window_scores + i * window_width(plan) + plan->window;
}

/* The row of C for a column of center t. */
INLINE const REAL *context_row(
    const StepPlan *plan, const Group *group, int64_t t, int64_t column
) {
    const int64_t distance = column < 0 ? column : column + 1;
    return group->C + (t - group->first_center + distance) * plan->padded_dim;
}
