#include "x86_64_bfloat16.h"

#include "kernels32.c"
