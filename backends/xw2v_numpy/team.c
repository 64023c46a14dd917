/* The part of a team that its helpers run (team.py); jobs are published by other libraries. And
   what the processor that they run on can do. */

#include "native.h"
#include "team.h"

#if defined(__linux__)
#include <sys/prctl.h>
#endif
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define IDLE_WAITS                                                                                 \
    (SPINS + 4000) /* some milliseconds without a ticket, after which a helper sleeps */

#define TEAM_CONSTANTS(K) K(TEAM_BYTES, sizeof(Team)) K(TEAM_ALIGNMENT, _Alignof(Team))

NATIVE_CONSTANTS(TEAM_CONSTANTS)

/* Say how many threads a team of zeros will have. */
void xw2v_form_team(Team *team, int64_t threads) { team->threads = threads; }

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

/* Add to (units,) trace how long each unit of the next jobs takes; NULL ends it. */
void xw2v_trace(Team *team, int64_t *trace) { team->trace = trace; }

/* Name the calling thread, for tools such as top; at most 15 bytes. */
void xw2v_name_thread(const char *name) {
#if defined(__linux__)
    prctl(PR_SET_NAME, name);
#else
    (void)name;
#endif
}

#if defined(__x86_64__)
#define CPUID_1_ECX                                                                                \
    (1u << 12 | 1u << 22 | 1u << 27 | 1u << 28 | 1u << 29) /* FMA, MOVBE, OSXSAVE,                 \
                                                              AVX, F16C */
#define CPUID_7_EBX (1u << 3 | 1u << 5 | 1u << 8)          /* BMI1, AVX2, BMI2 */
#define CPUID_EXTENDED_1_ECX (1u << 5)                     /* LZCNT */
#define CPUID_7_EBX_512                                                                            \
    (1u << 16 | 1u << 17 | 1u << 30 | 1u << 31) /* AVX512F, AVX512DQ, AVX512BW, AVX512VL */
#define CPUID_7_1_EAX (1u << 5)                 /* AVX512_BF16 */
#define XCR0_YMM 6u    /* the system saves the 128-bit registers and their upper halves ... */
#define XCR0_ZMM 0xe6u /* ... and those of 512 bits, and masks */

/* Which registers the system saves, where the processor has OSXSAVE. */
static unsigned saved_registers(void) {
    unsigned saved, saved_high;
    __asm__ volatile("xgetbv" : "=a"(saved), "=d"(saved_high) : "c"(0));
    return saved;
}

/* Whether the processor and the system have what x86-64-v3 (x86-64 psABI, table 3.1) has beyond
   x86-64-v2; all processors with AVX2 have x86-64-v2. */
static int has_x86_64_v3(void) {
    unsigned eax, ebx, ecx, edx;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || (ecx & CPUID_1_ECX) != CPUID_1_ECX) return 0;
    if ((saved_registers() & XCR0_YMM) != XCR0_YMM) return 0;
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || (ebx & CPUID_7_EBX) != CPUID_7_EBX)
        return 0;
    return __get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) &&
           (ecx & CPUID_EXTENDED_1_ECX) == CPUID_EXTENDED_1_ECX;
}

/* Whether they have what kernels32_bfloat16.c takes (operands.h). */
int xw2v_multiplies_bfloat16(void) {
    unsigned eax, ebx, ecx, edx;
    if (!has_x86_64_v3() || (saved_registers() & XCR0_ZMM) != XCR0_ZMM) return 0;
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || eax < 1 ||
        (ebx & CPUID_7_EBX_512) != CPUID_7_EBX_512)
        return 0;
    return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && (eax & CPUID_7_1_EAX) != 0;
}
#else
static int has_x86_64_v3(void) { return 0; }
int xw2v_multiplies_bfloat16(void) { return 0; }
#endif

/* The highest level of x86-64 for which there may be a library of its own; "" for the baseline. */
const char *xw2v_processor_level(void) { return has_x86_64_v3() ? "x86_64_v3" : ""; }
