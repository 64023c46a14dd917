#include "x86_64_v3.h"

#include "combine.c"
