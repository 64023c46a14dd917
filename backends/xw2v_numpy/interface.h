/* What the library shares with kernels.py: constants, and four structures. native.h makes from
   these lists what C and Python see. The axes V, D, P ... are those of kernels.c. */

#pragma once

#include <stdint.h>

#include "native.h"
#include "team.h"

#if BITS == 32
typedef float REAL;
typedef uint32_t REAL_AS_UINT;
#else
typedef double REAL;
typedef uint64_t REAL_AS_UINT;
#endif

#define STEP_CONSTANTS(K)                                                                          \
    K(MAX_WINDOW, 100000)                                                                          \
    K(VECTOR_BYTES, 32) /* P REALs are whole vectors; all rows are aligned to it */                \
    K(CACHE_LINE_BYTES, 64)                                                                        \
    K(SLICES, 4)           /* in which several threads can work on a group */                      \
    K(REFERENCE_PARTS, 16) /* in which they sum the rows of CBOW's reference */                    \
    K(NO_ERROR, 0)         /* what check_batch returns: */                                         \
    K(ERROR_ID_OUTSIDE_VOCABULARY, 1)                                                              \
    K(ERROR_EXTENT_OUTSIDE_WINDOW, 2)

/* The rows of one part of a row set. */
#define PART_MEMBERS(M)                                                                            \
    M(int64_t, count)         /* M */                                                              \
    M(int64_t *, ids)         /* (M,) rows of the table */                                         \
    M(int32_t *, first_place) /* (M,) where each row's chain of places begins ... */               \
    M(int32_t *, last_place)  /* (M,) ... and ends */

/* The distinct rows of one table in a batch, in parts that are numbered and updated side by side;
   and which of the three kinds of places are theirs. */
#define ROW_SET_MEMBERS(M)                                                                         \
    M(REAL *, table)   /* (V, D) */                                                                \
    M(int32_t *, slot) /* (V,) index in its part of a row of the batch; -1 elsewhere,              \
                          and between steps */                                                     \
    M(int64_t, has_tokens)                                                                         \
    M(int64_t, has_windows)                                                                        \
    M(int64_t, has_negatives)                                                                      \
    M(double, token_share)    /* weight of means[TOKEN] in the direction of damping */             \
    M(double, negative_share) /* ... and of means[NEGATIVE] */                                     \
    M(REAL *, direction)      /* (P,) */                                                           \
    M(Part *, parts)          /* (parts,) */

/* A batch and its learning rate; written are its error code and, where measured, its loss. */
#define STEP_BATCH_MEMBERS(M)                                                                      \
    M(const int64_t *, tokens)    /* (T + 2w,) ids, with w neighbours at either side */            \
    M(const int64_t *, left)      /* (T,) context words to the left of each token: 0 .. w */       \
    M(const int64_t *, right)     /* (T,) and to the right */                                      \
    M(const int64_t *, negatives) /* (T/g, K) ids */                                               \
    M(const int64_t *, reference) /* (R,) ids; R is 0 in skip-gram */                              \
    M(int64_t, reference_rows)    /* R */                                                          \
    M(double, alpha)              /* learning rate */                                              \
    M(int64_t, error)             /* NO_ERROR, or another constant */                              \
    M(int64_t, measure)           /* whether to sum the loss */                                    \
    M(double, loss)               /* before the step, summed over the batch's pairs */

/* Configuration and batch, which are only read, and the arrays of a step. */
#define STEP_PLAN_MEMBERS(M)                                                                       \
    M(int64_t, vocab_size)       /* V */                                                           \
    M(int64_t, dim)              /* D */                                                           \
    M(int64_t, padded_dim)       /* P */                                                           \
    M(int64_t, batch_tokens)     /* T */                                                           \
    M(int64_t, window)           /* w */                                                           \
    M(int64_t, group)            /* g */                                                           \
    M(int64_t, shared_negatives) /* K */                                                           \
    M(int64_t, cbow)             /* whether a window predicts the token: */                        \
    M(int64_t, cbow_mean)        /* by the mean of its rows, or by their sum; and whether ... */   \
    M(int64_t, cbow_full)        /* ... each of n rows receives the whole gradient, or 1/n */      \
    M(int64_t, threads)          /* of the team, the calling one included */                       \
    M(int64_t, parts)            /* of each row set ... */                                         \
    M(int64_t, sections)         /* ... and of each part, that are updated side by side */         \
    M(double, negative)          /* negatives that a positive pair meets in expectation */         \
    M(double, trust_ratio)                                                                         \
    M(double, trust_floor)                                                                         \
    M(double, curvature)                                                                           \
    M(double, convexity) /* CBOW: the factor of the control variate's coefficient */               \
    M(double, weight_decay)                                                                        \
    M(StepBatch, batch)                                                                            \
    M(RowSet *, input) /* rows of the input table; the same as output where tied */                \
    M(RowSet *, output)                                                                            \
    M(int32_t *, next_place)   /* (places,) the next of the same row, or -1 */                     \
    M(REAL *, gradients)       /* (places, P) */                                                   \
    M(REAL *, token_gradients) /* (T,) CBOW: of the tokens' scores; of a token, the hidden vector  \
                                  is at its place in gradients */                                  \
    M(double *, positive_weight) /* (places,) summed weight of its pairs with positives ... */     \
    M(double *, negative_weight) /* (places,) ... and with negatives */                            \
    M(REAL *, group_means)       /* (2, T/g, P) of each group: [TOKEN] the mean of its negatives'  \
                                    rows, which its tokens meet; [NEGATIVE] the weighted mean of   \
                                    its tokens' rows, which its negatives meet; zeros in CBOW, so  \
                                    that no sum is corrected or damped, as are the weights */      \
    M(REAL *, reference_sums)    /* (REFERENCE_PARTS, P) CBOW: of the reference's output rows */   \
    M(REAL *, reference_mean)    /* (P,) CBOW: their mean */                                       \
    M(REAL *, means)             /* (2, P) likewise, of the batch */                               \
    M(double *, group_weight)    /* (T/g,) summed weight of a group's pairs with negatives */      \
    M(double *, losses)          /* (T/g, SLICES) */                                               \
    M(int64_t, split)            /* whether several threads work on a group, slice by slice */     \
    M(REAL *, scratch)           /* (threads, scratch_size), or with `split` one for each group */ \
    M(int64_t, scratch_size)     /* see xw2v_scratch_size */

NATIVE_CONSTANTS(STEP_CONSTANTS)
NATIVE_STRUCTURE(Part, PART_MEMBERS)
NATIVE_STRUCTURE(RowSet, ROW_SET_MEMBERS)
NATIVE_STRUCTURE(StepBatch, STEP_BATCH_MEMBERS)
NATIVE_STRUCTURE(StepPlan, STEP_PLAN_MEMBERS)
