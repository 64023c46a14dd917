/* Code for processors with AVX2 and FMA (x86-64-v3), by GCC; clang is told by -march (wheels.py). A
   file that includes this first is a library for them; on others it is the same as the baseline's,
   and is not loaded. prefetchw is older than AVX2, and does nothing where a processor lacks it. */

#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#if __GNUC__ >= 12
#pragma GCC target("arch=x86-64-v3,prfchw")
#else
#pragma GCC target("arch=haswell,prfchw")
#endif
#endif
