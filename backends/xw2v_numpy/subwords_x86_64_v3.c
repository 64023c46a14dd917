/* subwords.c for processors with AVX2 and FMA (x86-64-v3), by GCC; clang is told by -march
   (wheels.py). On other processors it is the same as subwords.c, and is not loaded. */

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#if __GNUC__ >= 12
#pragma GCC target("arch=x86-64-v3")
#else
#pragma GCC target("arch=haswell")
#endif
#endif

#include "subwords.c"
