// Philox4x64-10 (Salmon et al. 2011): the words of xw2v.sgns.draws, four for each counter.

__device__ inline void
philox_round(unsigned long long c[4], unsigned long long k0, unsigned long long k1) {
    const unsigned long long m0 = 0xD2E7470EE14C6C93ull, m1 = 0xCA5A826395121157ull;
    const unsigned long long high0 = __umul64hi(m0, c[0]), low0 = m0 * c[0];
    const unsigned long long high1 = __umul64hi(m1, c[2]), low1 = m1 * c[2];
    c[0] = high1 ^ c[1] ^ k0, c[1] = low1, c[2] = high0 ^ c[3] ^ k1, c[3] = low0;
}

// Words 4 counter .. 4 counter + 3 of the stream with key (seed, stream).
__device__ inline void philox(
    unsigned long long seed, unsigned long long stream, integer counter,
    unsigned long long words[4]
) {
    words[0] = (unsigned long long)counter, words[1] = words[2] = words[3] = 0;
    for (int round = 0; round < 10; ++round) {
        philox_round(words, seed, stream);
        seed += 0x9E3779B97F4A7C15ull, stream += 0xBB67AE8584CAA73Bull;
    }
}
