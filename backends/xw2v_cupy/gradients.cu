// From scores to their gradients, in place: G = weight (sigmoid(S) - label), and each token's loss.

__device__ inline real sigmoid(real x) { return 1 / (1 + exp(-x)); }

__device__ inline real softplus(real x) { return (x > 0 ? x : 0) + log1p(exp(x > 0 ? -x : x)); }

// positive (T, b + 2w): center t against its block's span; its weight is 1 inside t's own window.
// negative (T, K): against its group's negatives; each weighs `shared_weight` for each of the
// token's positive pairs. loss (T) or null: the sum of weight softplus(-/+ S).
extern "C" __global__ void score_gradients(
    integer T, integer b, integer w, integer K, double shared_weight, const integer* left,
    const integer* right, real* positive, real* negative, double* loss
) {
    const integer t = warp_row();
    if (t >= T) return;
    const integer s = b + 2 * w, center = w + t % b, to_left = left[t], to_right = right[t];
    const real weight = (real)shared_weight * (to_left + to_right);
    double sum = 0;
    for (integer column = threadIdx.x; column < s; column += WARP_SIZE) {
        const integer distance = column - center;
        const bool inside = distance != 0 && -to_left <= distance && distance <= to_right;
        real* score = positive + t * s + column;
        if (loss && inside) sum += softplus(-*score);
        *score = inside ? sigmoid(*score) - 1 : 0;
    }
    for (integer column = threadIdx.x; column < K; column += WARP_SIZE) {
        real* score = negative + t * K + column;
        if (loss) sum += weight * softplus(*score);
        *score = weight * sigmoid(*score);
    }
    if (!loss) return;
    sum = warp_sum(sum);
    if (threadIdx.x == 0) loss[t] = sum;
}
