// The CUDA kernel of `sample` on the host: a cluster's threads are fibres, which run in the same order every time, and
// in one in which a forgotten wait shows.
#include <ucontext.h>

#include <memory>
#include <vector>

#include "_cuda_row.h"

namespace {

using namespace dragoman;

struct Barrier {
    int expected = 0, arrived = 0, generation = 0;
};

struct Fibre {
    ucontext_t context;
    std::unique_ptr<char[]> stack{new char[STACK]};
    Barrier* awaited = nullptr;
    int generation = 0;
    bool is_done = false;
    static constexpr int STACK = 1 << 16;
};

struct Cluster {
    static constexpr int BLOCKS = 8, WARPS = 2, FIBRES = BLOCKS * WARPS * LANES;
    Shared<WARPS> memory[BLOCKS];
    Barrier whole, of_block[BLOCKS], of_warp[BLOCKS * WARPS];
    uint64_t slots[FIBRES];
    std::vector<Fibre> fibres{FIBRES};
    ucontext_t scheduler;

    void wait(int me, Barrier& barrier) {
        Fibre& fibre = fibres[me];
        fibre.awaited = &barrier;
        fibre.generation = barrier.generation;
        if (++barrier.arrived == barrier.expected) {
            barrier.arrived = 0;
            barrier.generation++;
        }
        while (barrier.generation == fibre.generation) swapcontext(&fibre.context, &scheduler);
        fibre.awaited = nullptr;
    }

    bool resume(Fibre& fibre) {
        if (fibre.is_done || (fibre.awaited && fibre.awaited->generation == fibre.generation)) return false;
        swapcontext(&scheduler, &fibre.context);
        return true;
    }

    // A warp at a time, as far as it comes alone: the first ones, which gather what others found, before those have.
    void run() {
        for (bool any = true; any;) {
            any = false;
            for (int warp = 0; warp < BLOCKS * WARPS; warp++)
                for (bool again = true; again; any |= again) {
                    again = false;
                    for (int lane = 0; lane < LANES; lane++) again |= resume(fibres[warp * LANES + lane]);
                }
        }
    }
};

struct Team {
    static constexpr int BLOCKS = Cluster::BLOCKS, WARPS = Cluster::WARPS;
    Cluster& cluster;
    int me;

    int block() const { return me / (WARPS * LANES); }
    int warp() const { return me / LANES % WARPS; }
    int lane() const { return me % LANES; }
    Shared<WARPS>& shared(int block) const { return cluster.memory[block]; }
    void wait_for_block() const { cluster.wait(me, cluster.of_block[block()]); }
    void wait_for_cluster() const { cluster.wait(me, cluster.whole); }

    template <class Number>
    Number exchanged(Number x, int mask) const {
        memcpy(&cluster.slots[me], &x, sizeof x);
        cluster.wait(me, cluster.of_warp[me / LANES]);
        memcpy(&x, &cluster.slots[me ^ mask], sizeof x);
        cluster.wait(me, cluster.of_warp[me / LANES]);
        return x;
    }

    bool any(bool x) const {
        int found = x;
        for (int mask = LANES / 2; mask > 0; mask /= 2) found |= exchanged(found, mask);
        return found;
    }
};

struct Work {
    const Call* call;
    Cluster* cluster;
    int row, me;
};

void run_thread(unsigned low, unsigned high) {
    Work* work = reinterpret_cast<Work*>(uintptr_t(high) << 32 | low);
    Team team{*work->cluster, work->me};
    if (work->call->is_bfloat16)
        sample_row<Team, uint16_t>(*work->call, work->row, team);
    else
        sample_row<Team, uint32_t>(*work->call, work->row, team);
    work->cluster->fibres[work->me].is_done = true;
}

void run_row(const Call& call, int row, Cluster& cluster) {
    memset(cluster.memory, 0xff, sizeof cluster.memory);  // NaN, where nothing was written
    Work work[Cluster::FIBRES];
    for (int me = 0; me < Cluster::FIBRES; me++) {
        Fibre& fibre = cluster.fibres[me];
        work[me] = {&call, &cluster, row, me};
        fibre.is_done = false;
        getcontext(&fibre.context);
        fibre.context.uc_stack.ss_sp = fibre.stack.get();
        fibre.context.uc_stack.ss_size = Fibre::STACK;
        fibre.context.uc_link = &cluster.scheduler;
        const uintptr_t address = reinterpret_cast<uintptr_t>(&work[me]);
        makecontext(&fibre.context, reinterpret_cast<void (*)()>(run_thread), 2, unsigned(address),
                    unsigned(address >> 32));
    }
    cluster.run();
}

}  // namespace

extern "C" int dragoman_sample(const Call* call, void*) {
    auto cluster = std::make_unique<Cluster>();
    cluster->whole.expected = Cluster::FIBRES;
    for (Barrier& barrier : cluster->of_block) barrier.expected = Cluster::WARPS * LANES;
    for (Barrier& barrier : cluster->of_warp) barrier.expected = LANES;
    for (int row = 0; row < call->rows; row++) run_row(*call, row, *cluster);
    return 0;
}
