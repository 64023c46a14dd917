#define BITS 32
#include "kernels.c"
