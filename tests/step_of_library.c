/* Steps of random batches by a library of kernels32.c that is opened at run time, as Python opens it:
   prints the tables' numbers. For platforms without a Python (docs/platforms.md). Usage:
   step_of_library LIBRARY */

#if defined(_WIN32)
void *LoadLibraryA(const char *path); /* windows.h has a NO_ERROR too */
void *GetProcAddress(void *library, const char *name);
#define OPEN(path) LoadLibraryA(path)
#define FIND(library, name) GetProcAddress(library, name)
#else
#include <dlfcn.h>
#define OPEN(path) dlopen(path, RTLD_NOW)
#define FIND(library, name) dlsym(library, name)
#endif

#define BITS 32
#include "places.h"

static int64_t (*xw2v_places)(const StepPlan *);
static int64_t (*xw2v_scratch_size)(const StepPlan *);
static int (*xw2v_step)(StepPlan *, Team *);

#include "random_steps.h"

int main(int count, char **arguments) {
    void *library = count == 2 ? OPEN(arguments[1]) : NULL;
    if (library == NULL) return 1;
    xw2v_places = FIND(library, "xw2v_places");
    xw2v_scratch_size = FIND(library, "xw2v_scratch_size");
    xw2v_step = FIND(library, "xw2v_step");
    if (!xw2v_places || !xw2v_scratch_size || !xw2v_step) return 2;
    for (int cbow = 0; cbow < 2; cbow++)
        for (int tied = 0; tied < 2; tied++) {
            const REAL *tables = run_steps(zeros(1, sizeof(Team)), 1, cbow, tied);
            for (int i = 0; i < 2 * VOCAB * DIM; i++) printf("%.9g\n", (double)tables[i]);
        }
    return 0;
}
