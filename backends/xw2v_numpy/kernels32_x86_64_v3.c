#include "x86_64_v3.h"

#include "kernels32.c"
