#include "x86_64_v3.h"

#include "kernels64.c"
