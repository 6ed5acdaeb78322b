// `sample` in one launch, a cluster of eight blocks for each row; see `_cuda_row.h`.
#include <cooperative_groups.h>

#include "_cuda_row.h"

namespace {

using namespace dragoman;

struct Team {
    static constexpr int BLOCKS = 8, WARPS = 8;
    cooperative_groups::cluster_group cluster;
    Shared<WARPS>* memory;

    __device__ int block() const { return cluster.block_rank(); }
    __device__ int warp() const { return threadIdx.x / LANES; }
    __device__ int lane() const { return threadIdx.x % LANES; }
    __device__ Shared<WARPS>& shared(int block) const { return *cluster.map_shared_rank(memory, block); }
    __device__ void wait_for_block() const { __syncthreads(); }
    __device__ void wait_for_cluster() const { cluster.sync(); }
    __device__ bool any(bool x) const { return __any_sync(0xffffffff, x); }
    template <class Number>
    __device__ Number exchanged(Number x, int mask) const {
        return __shfl_xor_sync(0xffffffff, x, mask);
    }
};

template <class Word>
__global__ void __cluster_dims__(Team::BLOCKS) __launch_bounds__(Team::WARPS * LANES, 2) sample_rows(const Call call) {
    __shared__ Shared<Team::WARPS> memory;
    Team team{cooperative_groups::this_cluster(), &memory};
    sample_row<Team, Word>(call, blockIdx.x / Team::BLOCKS, team);
}

}  // namespace

// Starts it on a stream; 0, or CUDA's error.
extern "C" int dragoman_sample(const Call* call, void* stream) {
    const int blocks = call->rows * Team::BLOCKS, threads = Team::WARPS * LANES;
    if (call->is_bfloat16)
        sample_rows<uint16_t><<<blocks, threads, 0, static_cast<cudaStream_t>(stream)>>>(*call);
    else
        sample_rows<uint32_t><<<blocks, threads, 0, static_cast<cudaStream_t>(stream)>>>(*call);
    return cudaGetLastError();
}
