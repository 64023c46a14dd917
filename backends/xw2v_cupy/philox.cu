// Philox4x64-10 (Salmon et al. 2011): the words of xw2v.sgns.draws, in halves. A thread enciphers
// one counter.

__device__ inline void philox_round(
    unsigned long long c[4], unsigned long long k0, unsigned long long k1
) {
    const unsigned long long m0 = 0xD2E7470EE14C6C93ull, m1 = 0xCA5A826395121157ull;
    const unsigned long long high0 = __umul64hi(m0, c[0]), low0 = m0 * c[0];
    const unsigned long long high1 = __umul64hi(m1, c[2]), low1 = m1 * c[2];
    c[0] = high1 ^ c[1] ^ k0, c[1] = low1, c[2] = high0 ^ c[3] ^ k1, c[3] = low0;
}

// high[i], low[i]: halves of word start + i of the stream with key (seed, stream), for i < n_words.
extern "C" __global__ void philox_uint64(
    unsigned long long seed, unsigned long long stream, integer start, integer n_words,
    integer* high, integer* low
) {
    const integer counter = start / 4 + warp_row() * WARP_SIZE + threadIdx.x;
    unsigned long long c[4] = {(unsigned long long)counter, 0, 0, 0};
    for (int round = 0; round < 10; ++round) {
        philox_round(c, seed, stream);
        seed += 0x9E3779B97F4A7C15ull, stream += 0xBB67AE8584CAA73Bull;
    }
    for (int word = 0; word < 4; ++word) {
        const integer i = counter * 4 + word - start;
        if (i < 0 || i >= n_words) continue;
        high[i] = (integer)(c[word] >> 32);
        low[i] = (integer)(c[word] & 0xffffffffull);
    }
}
