/* Steps of random batches by a team of threads, under ThreadSanitizer (test_compiled.py builds and
   runs this): no race may be reported, and the tables must be those of one thread, to the bit. */

#include <pthread.h>

#define BITS 32
#include "kernels.c"
#include "random_steps.h"

void xw2v_form_team(Team *team, int64_t threads);
void xw2v_help(Team *team, int64_t thread);

typedef struct {
    Team *team;
    int64_t thread;
} Helper;

static void *help(void *argument) {
    Helper *helper = argument;
    while (!atomic_load(&helper->team->stop)) xw2v_help(helper->team, helper->thread);
    return NULL;
}

static REAL *train(int threads, int cbow, int tied) {
    Team *team = zeros(1, sizeof(Team));
    xw2v_form_team(team, threads);
    pthread_t ids[64];
    Helper helpers[64];
    for (int i = 1; i < threads; i++) {
        helpers[i] = (Helper){team, i};
        pthread_create(ids + i, NULL, help, helpers + i);
    }
    REAL *tables = run_steps(team, threads, cbow, tied);
    atomic_store(&team->stop, 1);
    for (int i = 1; i < threads; i++) pthread_join(ids[i], NULL);
    return tables;
}

int main(void) {
    for (int cbow = 0; cbow < 2; cbow++)
        for (int tied = 0; tied < 2; tied++) {
            REAL *one = train(1, cbow, tied);
            for (int threads = 2; threads <= 6; threads += 2) {
                REAL *many = train(threads, cbow, tied);
                if (memcmp(one, many, 2 * VOCAB * DIM * sizeof(REAL)) != 0) {
                    printf("%d threads, cbow %d, tied %d: other tables\n", threads, cbow, tied);
                    return 2;
                }
            }
        }
    puts("equal");
    return 0;
}
