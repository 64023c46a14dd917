/* Code for processors that multiply pairs of bfloat16 (operands.h), by GCC; clang is told by -march
   (wheels.py). Vectors stay those of AVX2. On processors other than x86-64's a file that includes
   this first is the same as the baseline's, and is not loaded. */

#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#if __GNUC__ >= 12
#pragma GCC target("arch=x86-64-v3,prfchw")
#else
#pragma GCC target("arch=haswell,prfchw")
#endif
#pragma GCC target("avx512vl,avx512bw,avx512dq,avx512bf16,prefer-vector-width=256")
#endif
#if defined(__AVX512BF16__)
#define ROUNDED
#endif
