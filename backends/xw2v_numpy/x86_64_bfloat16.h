/* Code for processors that multiply pairs of bfloat16 (operands.h), besides AVX2, as x86_64_v3.h
   has it for those with AVX2 alone. Vectors stay AVX2's. */

#pragma once

#include "x86_64_v3.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC target("avx512vl,avx512bw,avx512dq,avx512bf16,prefer-vector-width=256")
#endif
#if defined(__AVX512BF16__)
#define ROUNDED
#endif
