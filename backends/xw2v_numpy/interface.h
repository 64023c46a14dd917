/* What the library shares with kernels.py: constants, and three structures. native.h makes from
   these lists what C and Python see. The axes V, D, P ... are those of kernels.c. */

#pragma once

#include <stdint.h>

#include "native.h"

#if BITS == 32
typedef float REAL;
typedef uint32_t REAL_AS_UINT;
#else
typedef double REAL;
typedef uint64_t REAL_AS_UINT;
#endif

#define STEP_CONSTANTS(K)                                                                          \
    K(MAX_WINDOW, 1000)                                                                            \
    K(UNROLL, 4)                       /* rows that are multiplied or added at a time */           \
    K(ROWS_READ_PAST_END, UNROLL - 1)  /* of C; they get the coefficient 0 */                      \
    K(VECTOR_BYTES, 32)                /* P REALs are whole vectors; all rows are aligned to it */ \
    K(CACHE_LINE_BYTES, 64)                                                                        \
    K(NO_ERROR, 0)                     /* what number_rows returns: */                             \
    K(ERROR_ID_OUTSIDE_VOCABULARY, 1)                                                              \
    K(ERROR_EXTENT_OUTSIDE_WINDOW, 2)

/* The distinct rows of one table in a batch. A row's slot is its place in the arrays of M: rows get
   slots in the order in which they are first met. */
#define ROW_SET_MEMBERS(M)                                                                         \
    M(REAL *, table)             /* (V, D) */                                                      \
    M(int32_t *, slot)           /* (V,) of the batch's rows; -1 elsewhere, and between steps */   \
    M(int64_t, count)            /* M */                                                           \
    M(int64_t *, ids)            /* (M,) row of the table */                                       \
    M(double *, positive_weight) /* (M,) summed weight of the row's pairs with positives */        \
    M(double *, negative_weight) /* (M,) and with negatives */                                     \
    M(REAL *, sums)              /* (M, P) gradients times alpha; zeros between steps */           \
    M(double *, cv_coefficient)  /* (M,) times `mean`: the control variate's part of the sum */    \
    M(REAL *, mean)              /* (P,) of the other table's rows in pairs with negatives */      \
    M(REAL *, mean_score)        /* (M,) row . mean, for rows that are in pairs with negatives */

/* Configuration and batch, which are only read; and what number_rows makes of them. */
#define STEP_PLAN_MEMBERS(M)                                                                       \
    M(int64_t, vocab_size)       /* V */                                                           \
    M(int64_t, dim)              /* D */                                                           \
    M(int64_t, padded_dim)       /* P */                                                           \
    M(int64_t, batch_tokens)     /* T */                                                           \
    M(int64_t, window)           /* w */                                                           \
    M(int64_t, group)            /* g */                                                           \
    M(int64_t, shared_negatives) /* K */                                                           \
    M(double, negative)          /* negatives that a positive pair meets in expectation */         \
    M(double, trust_ratio)                                                                         \
    M(double, trust_floor)                                                                         \
    M(double, curvature)                                                                           \
    M(double, weight_decay)                                                                        \
    M(double, alpha)             /* learning rate */                                               \
    M(int64_t, measure)          /* whether to sum the loss */                                     \
    M(const int64_t *, tokens)   /* (T + 2w,) ids, with w neighbours at either side */             \
    M(const int64_t *, left)     /* (T,) context words to the left of each center: 0 .. w */       \
    M(const int64_t *, right)    /* (T,) and to the right */                                       \
    M(const int64_t *, negatives) /* (T/g, K) ids */                                               \
    M(RowSet *, center)                                                                            \
    M(RowSet *, context)                                                                           \
    M(int32_t *, center_slot)    /* (T,) in the center row set, of each center */                  \
    M(int32_t *, context_slot)   /* (T + 2w,) in the context row set, of each token */             \
    M(int32_t *, negative_slot)  /* (T/g, K) in the context row set, of each negative */           \
    M(int32_t *, window_delta)   /* (T + 2w + 1,) difference array: its prefix sums are the        \
                                    numbers of windows that cover each token */                    \
    M(double *, group_weight)    /* (T/g,) summed weight of the pairs of each of its negatives */

/* What one tile at a time works with. Its arrays are reused by the next. */
#define TILE_SCRATCH_MEMBERS(M)                                                                    \
    M(REAL *, X)                 /* (n, P) rows of the centers */                                  \
    M(REAL *, C)                 /* (n + 2w + ROWS_READ_PAST_END, P) of tokens as context words */ \
    M(REAL *, N)                 /* (n/g, K, P) rows of the negatives ... */                       \
    M(REAL *, NT)                /* (n/g, P, K) ... and their transpose */                         \
    M(REAL *, centers_mean)      /* (n/g, P) of each group, weighted by its centers' pairs */      \
    M(REAL *, negatives_mean)    /* (n/g, P) of each group */                                      \
    M(REAL *, negative_scores)   /* (n, K) S-, which become gradients in place */                  \
    M(REAL *, window_scores)     /* (g, 2w + ROWS_READ_PAST_END) S+ of one group, likewise */      \
    M(REAL *, center_cv)         /* (n,) control-variate coefficients, see weights_to_cv */        \
    M(REAL *, negative_cv)       /* (n/g, K) */                                                    \
    M(REAL *, dX)                /* (n, P) S- gradients times N */                                 \
    M(REAL *, dN)                /* (n/g, K, P) and, transposed, times X */                        \
    M(double, loss)              /* of the tiles since it was set to 0, if plan->measure */

NATIVE_CONSTANTS(STEP_CONSTANTS)
NATIVE_STRUCTURE(RowSet, ROW_SET_MEMBERS)
NATIVE_STRUCTURE(StepPlan, STEP_PLAN_MEMBERS)
NATIVE_STRUCTURE(TileScratch, TILE_SCRATCH_MEMBERS)
