/* A team of threads that works through a job: phases of units, each unit done once, by whichever
   thread is free.

   A ticket is a unit of one of the phases. A thread takes the next ticket, waits until all units of
   earlier phases are done, and does it. So the caller alone can finish a job, helpers may come and
   go, and one that is asleep delays nobody unless it holds a ticket. What a unit computes may
   depend on the unit alone, never on the thread that does it: then a job gives the same bits with
   any number of helpers. Threads wait only for units of earlier phases to be done, so there is no
   lock.

   Tickets go to the units of a phase in order; but of two threads one begins at the first unit and
   the other at the last, so that what a thread did in one phase and what it does in the next are
   mostly the same part of a batch, in its own caches. */

#pragma once

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#if defined(_WIN32)
int SwitchToThread(void);
#define YIELD() SwitchToThread()
#else
#include <sched.h>
#define YIELD() sched_yield()
#endif
#if defined(__x86_64__) || defined(__i386__)
#define PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define PAUSE() __asm__ volatile("yield")
#else
#define PAUSE() ((void)0)
#endif

#define MAX_PHASES 7
#define SPINS 2000 /* pauses in one wait, some tens of microseconds, before the core is yielded */

/* One unit of a phase; `thread` is below the number of threads of the team, for scratch. */
typedef void UnitFunction(void *job, int64_t unit, int64_t thread);

typedef struct {
    int64_t units;
    UnitFunction *run;
} Phase;

typedef struct {
    void *job; /* this and the phases are written before `end`, while no ticket is out */
    Phase phases[MAX_PHASES];
    int64_t threads;                      /* the caller included; set before there are any */
    int64_t first_ticket;                 /* of the job */
    int64_t *trace;                       /* NULL, or where each unit's nanoseconds are added */
    _Alignas(64) _Atomic int64_t end;     /* tickets below it may be taken */
    _Alignas(64) _Atomic int64_t next;    /* ticket */
    _Alignas(64) _Atomic int64_t done;    /* units, of all jobs */
    _Alignas(64) _Atomic int64_t helpers; /* threads that are awake in xw2v_help */
    _Atomic int64_t stop;                 /* whether helpers are to return */
} Team;

/* Pause; from the SPINS-th call in a row on, yield the core. */
static inline void wait_a_moment(int64_t *spins) {
    if (++*spins < SPINS) PAUSE();
    else YIELD();
}

static inline int64_t nanoseconds(void) {
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Take tickets and do their units as long as there are any; whether there were. Units of one phase
   that a thread does in a row are reported together, since each report costs every waiting thread
   the cache line that it watches. */
static inline int team_work(Team *team, int64_t thread) {
    int64_t finished = 0; /* units, not yet reported ... */
    int64_t of_phase = 0; /* ... of the phase that may begin when so many units are done */
    int64_t taken = 0;    /* units of that phase, by this thread */
    for (int any = 0;; any = 1) {
        int64_t ticket = atomic_load(&team->next);
        do {
            if (ticket < atomic_load(&team->end)) continue;
            if (finished) atomic_fetch_add(&team->done, finished);
            return any;
        } while (!atomic_compare_exchange_weak(&team->next, &ticket, ticket + 1));
        const Phase *phase = team->phases;
        int64_t phase_start = team->first_ticket;
        while (ticket - phase_start >= phase->units) {
            phase_start += phase->units;
            phase++;
        }
        if (finished && phase_start != of_phase) {
            atomic_fetch_add(&team->done, finished);
            finished = 0;
        }
        if (phase_start != of_phase) taken = 0;
        of_phase = phase_start;
        int64_t spins = 0;
        while (atomic_load(&team->done) < phase_start) wait_a_moment(&spins);
        const int64_t began = team->trace ? nanoseconds() : 0;
        int64_t unit = ticket - phase_start;
        if (team->threads == 2) unit = thread == 0 ? taken : phase->units - 1 - taken;
        phase->run(team->job, unit, thread);
        if (team->trace)
            team->trace[phase_start - team->first_ticket + unit] += nanoseconds() - began;
        taken++;
        finished++;
    }
}

/* Publish a job and work, as thread 0, until all of it is done. */
static inline void team_run(Team *team, void *job, const Phase *phases, int count) {
    const int64_t first = atomic_load(&team->end);
    int64_t end = first;
    team->job = job;
    team->first_ticket = first;
    for (int i = 0; i < count; i++) {
        team->phases[i] = phases[i];
        end += phases[i].units;
    }
    atomic_store(&team->end, end);
    team_work(team, 0);
    int64_t spins = 0;
    while (atomic_load(&team->done) < end) wait_a_moment(&spins);
}
