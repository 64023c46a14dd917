/* The part of a team that its helpers run (team.py); jobs are published by other libraries. */

#include "native.h"
#include "team.h"

#if defined(__linux__)
#include <sys/prctl.h>
#endif

#define IDLE_WAITS                                                                                 \
    (SPINS + 4000) /* some milliseconds without a ticket, after which a helper sleeps */

#define TEAM_CONSTANTS(K) K(TEAM_BYTES, sizeof(Team)) K(TEAM_ALIGNMENT, _Alignof(Team))

NATIVE_CONSTANTS(TEAM_CONSTANTS)

/* Work until no ticket has come for a while, or the team is stopped. */
void xw2v_help(Team *team, int64_t thread) {
    int64_t waits = 0;
    atomic_fetch_add(&team->helpers, 1);
    while (waits < IDLE_WAITS && !atomic_load(&team->stop)) {
        if (team_work(team, thread)) waits = 0;
        else wait_a_moment(&waits);
    }
    atomic_fetch_sub(&team->helpers, 1);
}

int64_t xw2v_helpers_awake(Team *team) { return atomic_load(&team->helpers); }

void xw2v_stop_helpers(Team *team) { atomic_store(&team->stop, 1); }

/* Note how long each unit of the next jobs takes, in (units,) trace; NULL ends it. */
void xw2v_trace(Team *team, int64_t *trace) { team->trace = trace; }

/* Name the calling thread, for tools such as top; at most 15 bytes. */
void xw2v_name_thread(const char *name) {
#if defined(__linux__)
    prctl(PR_SET_NAME, name);
#else
    (void)name;
#endif
}
