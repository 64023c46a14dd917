#define BITS 64
#include "kernels.c"
