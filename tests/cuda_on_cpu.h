// Enough of CUDA to run the kernels on the CPU: every thread of a block is a fiber, and a warp's fibers meet at
// its shuffles. Threads run in turn, forwards or backwards: what depends on a race does not show, but all else does,
// and what depends on the order of atomics differs between the two.
#pragma once
#include <algorithm>
#include <cmath>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <ucontext.h>
#include <vector>

#define __global__
#define __device__
#define __shared__
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __launch_bounds__(threads, blocks)
using std::exp;
using std::expm1;
using std::log1p;
using std::max;
using std::min;
using std::sqrt;

struct Dim {
    unsigned x, y, z;
};
static Dim blockIdx, blockDim, gridDim, threadIdx;
extern "C" {
bool backwards = false;
}
static size_t turn(size_t i, size_t count) { return backwards ? count - 1 - i : i; }

struct Fiber {
    ucontext_t start;
    jmp_buf place;  // where it waits; jumps cost far less than swapping contexts
    Dim thread;
    bool begun = false, done = false;
    std::vector<char> stack = std::vector<char>(1 << 15);
};
static std::vector<Fiber> fibers;
static jmp_buf scheduler;
static size_t running;
static const std::function<void()>* kernel;

static void take_turns() {
    if (!_setjmp(fibers[running].place)) _longjmp(scheduler, 1);
}

static void resume(Fiber& fiber) {
    if (_setjmp(scheduler)) return;
    if (fiber.begun) _longjmp(fiber.place, 1);
    fiber.begun = true;
    setcontext(&fiber.start);
}

static void run_fiber() {
    (*kernel)();
    fibers[running].done = true;
    take_turns();
}

// Run every thread of every block, each until its next shuffle in turn.
static void emulate(unsigned grid, unsigned lanes, unsigned warps, const std::function<void()>& body) {
    kernel = &body, gridDim = {grid, 1, 1}, blockDim = {lanes, warps, 1};
    fibers.resize(lanes * warps);
    for (unsigned block = 0; block < grid; ++block) {
        blockIdx = {unsigned(turn(block, grid)), 0, 0};
        for (size_t i = 0; i < fibers.size(); ++i) {
            Fiber& fiber = fibers[i];
            fiber.thread = {unsigned(i % lanes), unsigned(i / lanes), 0}, fiber.begun = fiber.done = false;
            getcontext(&fiber.start);
            fiber.start.uc_stack.ss_sp = fiber.stack.data(), fiber.start.uc_stack.ss_size = fiber.stack.size();
            makecontext(&fiber.start, run_fiber, 0);
        }
        for (size_t left = fibers.size(); left;)
            for (size_t i = 0; i < fibers.size(); ++i)
                if (running = turn(i, fibers.size()); !fibers[running].done) {
                    threadIdx = fibers[running].thread;
                    resume(fibers[running]);
                    left -= fibers[running].done;
                }
    }
}

// The same for kernels whose threads do not meet: each runs to its end.
static void emulate_apart(unsigned grid, unsigned lanes, unsigned warps, const std::function<void()>& body) {
    gridDim = {grid, 1, 1}, blockDim = {lanes, warps, 1};
    for (unsigned count = grid * lanes * warps, i = 0; i < count; ++i) {
        const unsigned thread = turn(i, count);
        blockIdx = {thread / (lanes * warps), 0, 0}, threadIdx = {thread % lanes, thread / lanes % warps, 0};
        body();
    }
}

// All 32 lanes give a value, then all read what they need of the 32. Lanes that left the kernel early would be a bug there.
template <typename T, typename Read> static T exchange(T value, Read read) {
    static T given[1024];
    const size_t warp = running / 32 * 32;
    given[running] = value;
    take_turns();
    for (size_t lane = warp; lane < warp + 32; ++lane)
        if (fibers[lane].done) std::fprintf(stderr, "a lane left before a shuffle\n"), std::abort();
    const T result = read(given + warp);
    take_turns();
    return result;
}
static void __syncthreads() {
    static size_t arrived = 0, met = 0;
    const size_t meeting = met;
    if (++arrived == fibers.size()) arrived = 0, ++met;
    while (met == meeting) take_turns();
}
static void __threadfence() {}
template <typename T> static T __shfl_sync(unsigned, T value, int lane) {
    return exchange(value, [&](const T* given) { return given[lane]; });
}
template <typename T> static T __shfl_xor_sync(unsigned, T value, int mask) {
    return exchange(value, [&](const T* given) { return given[(running % 32) ^ mask]; });
}
static unsigned __ballot_sync(unsigned, bool vote) {
    return exchange(unsigned(vote), [](const unsigned* given) {
        unsigned votes = 0;
        for (unsigned lane = 0; lane < 32; ++lane) votes |= given[lane] << lane;
        return votes;
    });
}
static int __popc(unsigned bits) { return __builtin_popcount(bits); }
static int __clz(unsigned bits) { return bits ? __builtin_clz(bits) : 32; }
static int __ffs(unsigned bits) { return __builtin_ffs(bits); }
static unsigned __brev(unsigned bits) {
    unsigned reversed = 0;
    for (int bit = 0; bit < 32; ++bit) reversed |= (bits >> bit & 1) << (31 - bit);
    return reversed;
}

template <typename T> static T atomicAdd(T* address, T value) { return *address += value, *address - value; }
template <typename T> static T atomicExch(T* address, T value) {
    const T before = *address;
    *address = value;
    return before;
}
static unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned long long)((unsigned __int128)a * b >> 64);
}
