// One row of `sample` by a cluster of thread blocks, as plain C++: for a GPU by `_cuda.cu`, and for the tests by a
// compiler of the host. `Team` is what differs: who a thread is, how threads exchange values and wait for each other.
//
// The row is split over the cluster's warps by tiles. They find each tile's highest logit and the row's sums in one
// read, tell each other, and then look again only into tiles in which a token can win, which the second cache holds.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#ifndef __CUDACC__
#define __device__
#define __host__
#endif

namespace dragoman {

constexpr int LANES = 32, EACH = 8, TILE = LANES * EACH;
constexpr int MOST_TILES = 512;  // of a block
constexpr int MOST_DRAWS = 16;
constexpr int AHEAD = 4;  // tiles whose reads a warp has under way
constexpr float LARGEST = 3.4028234663852886e38f;
constexpr float LOG2_E = 1.4426950408889634f;

// `kernels.sample._cuda.Call`, which says what is what.
struct Call {
    const void* logits;
    const float* temperature;
    const float* min_p;
    const int64_t* seeds;
    const int64_t* positions;
    const uint8_t* languages;
    const int32_t* language_of_row;
    const float* penalty;
    const uint8_t* grammar;
    int32_t* ids;
    float* raw;
    float* processed;
    float* log_sum_exp;
    float* language_mass;
    int64_t stride, octets, grammar_octets;
    int32_t rows, draws, vocabulary, is_bfloat16;
};

// Highest logit, Σ exp(logit − it), the same over the language, all without masks; highest with masks, and without
// the language's.
struct Sums {
    float top, total, chosen, masked_top, free_top;
};

struct Best {
    double score, weight;
    int32_t token;
};

template <int Warps>
struct Shared {
    float maxima[MOST_TILES], free_maxima[MOST_TILES];
    Sums warp_sums[Warps], sums;
    Best best[MOST_DRAWS][Warps];
};

// What is true of the whole row once it has been read.
struct Read {
    Sums sums;
    int language;  // −1 for none, or where it left no token
    float top;     // the highest logit that can be drawn
};

__device__ __host__ inline float infinity() { return HUGE_VALF; }

__device__ __host__ inline float as_float(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

__device__ __host__ inline float value_of(uint16_t word) { return as_float(uint32_t(word) << 16); }
__device__ __host__ inline float value_of(uint32_t word) { return as_float(word); }

// NaN as −inf, +inf as the largest float32.
__device__ __host__ inline float cleaned(float x) { return fminf(fmaxf(x, -infinity()), LARGEST); }

// A lane's words of a tile: 16 bytes of bfloat16, 32 of float32.
template <class Word>
struct alignas(16) Words {
    Word at[EACH];
};

template <class Word>
__device__ __host__ Words<Word> words_of(const Word* row, int first, int vocabulary) {
    Words<Word> words;
    if (first + EACH <= vocabulary && reinterpret_cast<uintptr_t>(row + first) % 16 == 0)
        return *reinterpret_cast<const Words<Word>*>(row + first);
    for (int i = 0; i < EACH; i++)
        words.at[i] = first + i < vocabulary ? row[first + i] : Word(sizeof(Word) == 2 ? 0xff80 : 0xff800000);
    return words;
}

// The bits of a lane's tokens.
__device__ __host__ inline uint32_t octet_of(const uint8_t* table, int64_t octets, int64_t at, int first) {
    return table != nullptr && at >= 0 && first / 8 < octets ? table[at * octets + first / 8] : 0xff;
}

__device__ __host__ inline uint32_t token_hash(uint32_t word, uint32_t first, uint32_t second) {
    uint32_t x = word ^ first;
    x = (x ^ (x >> 16)) * 0x7FEB352Du;
    x = (x ^ (x >> 15)) * 0x846CA68Bu;
    x = (x ^ (x >> 16)) + second;
    x = (x ^ (x >> 15)) * 0x31848BABu;
    return x ^ (x >> 14);
}

__device__ __host__ inline uint64_t split_mix(uint64_t word) {
    uint64_t z = word + 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

// `kernels.sample.noise.exponential_noise` of a token whose leading bits are known.
__device__ __host__ inline double exponential_noise(uint32_t leading, uint32_t low, uint32_t high) {
    const double trailing = token_hash(leading, high, low);
    const double uniform = (leading + (trailing + 0.5) * 0x1p-32) * 0x1p-32;
    return -log1p(-fmin(uniform, 1 - 0x1p-53));
}

template <class Team>
__device__ float highest(Team& team, float x) {
    for (int mask = LANES / 2; mask > 0; mask /= 2) x = fmaxf(x, team.exchanged(x, mask));
    return x;
}

template <class Team, class Number>
__device__ Number sum(Team& team, Number x) {
    for (int mask = LANES / 2; mask > 0; mask /= 2) x += team.exchanged(x, mask);
    return x;
}

// The best of two; of equal ones the lower token. Weights add up.
__device__ __host__ inline Best better(const Best& one, const Best& other) {
    const bool is_other = other.score > one.score || (other.score == one.score && other.token < one.token);
    Best best = is_other ? other : one;
    best.weight = one.weight + other.weight;
    return best;
}

template <class Team>
__device__ Best best_of_warp(Team& team, Best best) {
    for (int mask = LANES / 2; mask > 0; mask /= 2)
        best = better(best, {team.exchanged(best.score, mask), team.exchanged(best.weight, mask),
                             team.exchanged(best.token, mask)});
    return best;
}

__device__ __host__ inline float scaled_to(float total, float from, float to) {
    return from > -infinity() ? total * exp2f((from - to) * LOG2_E) : 0.0f;
}

__device__ __host__ inline Sums together(const Sums& one, const Sums& other) {
    const float top = fmaxf(one.top, other.top);
    return {top, scaled_to(one.total, one.top, top) + scaled_to(other.total, other.top, top),
            scaled_to(one.chosen, one.top, top) + scaled_to(other.chosen, other.top, top),
            fmaxf(one.masked_top, other.masked_top), fmaxf(one.free_top, other.free_top)};
}

__device__ __host__ inline Sums no_sums() { return {-infinity(), 0.0f, 0.0f, -infinity(), -infinity()}; }

template <class Team>
__device__ Sums sums_of_warp(Team& team, Sums sums) {
    for (int mask = LANES / 2; mask > 0; mask /= 2)
        sums = together(sums, {team.exchanged(sums.top, mask), team.exchanged(sums.total, mask),
                               team.exchanged(sums.chosen, mask), team.exchanged(sums.masked_top, mask),
                               team.exchanged(sums.free_top, mask)});
    return sums;
}

// A lane's logits of a tile, without masks, without the language's, and with all.
struct Values {
    float raw[EACH], free[EACH], masked[EACH];
};

template <class Word>
__device__ __host__ Values values_of(const Words<Word>& words, uint32_t language, uint32_t grammar, float penalty) {
    Values values;
    for (int i = 0; i < EACH; i++) {
        values.raw[i] = cleaned(value_of(words.at[i]));
        values.free[i] = grammar >> i & 1 ? values.raw[i] : -infinity();
        values.masked[i] = language >> i & 1 ? values.free[i] : values.free[i] - penalty;
    }
    return values;
}

// Adds a tile to what a warp has of the row; the lanes' sums are of their own tokens, up to the warp's highest.
template <class Team>
__device__ void add_tile(Team& team, const Values& values, uint32_t language, bool logprobs, int slot, Sums& sums) {
    float raw = -infinity(), free = -infinity(), masked = -infinity();
    for (int i = 0; i < EACH; i++) {
        raw = fmaxf(raw, values.raw[i]);
        free = fmaxf(free, values.free[i]);
        masked = fmaxf(masked, values.masked[i]);
    }
    masked = highest(team, masked);
    free = highest(team, free);
    if (team.lane() == 0) {
        team.shared(team.block()).maxima[slot] = masked;
        team.shared(team.block()).free_maxima[slot] = free;
    }
    sums.masked_top = fmaxf(sums.masked_top, masked);
    sums.free_top = fmaxf(sums.free_top, free);
    if (!logprobs || !(raw > -infinity())) return;
    if (raw > sums.top) {
        sums.total = scaled_to(sums.total, sums.top, raw);
        sums.chosen = scaled_to(sums.chosen, sums.top, raw);
        sums.top = raw;
    }
    for (int i = 0; i < EACH; i++) {
        const float weight = exp2f((values.raw[i] - sums.top) * LOG2_E);
        sums.total += weight;
        sums.chosen += language >> i & 1 ? weight : 0.0f;
    }
}

// Reads the tiles of this warp: first, first + step, …, of which the block keeps the maxima in the order of `slot`.
template <class Team, class Word>
__device__ Sums read_tiles(const Call& call, int row, Team& team) {
    const Word* logits = static_cast<const Word*>(call.logits) + row * call.stride;
    const int tiles = (call.vocabulary + TILE - 1) / TILE, step = Team::BLOCKS * Team::WARPS;
    const int64_t language = call.languages != nullptr ? call.language_of_row[row] : -1;
    const float penalty = call.languages != nullptr ? call.penalty[row] : 0.0f;
    Sums sums = no_sums();
    for (int start = team.block() * Team::WARPS + team.warp(), slot = team.warp(); start < tiles;
         start += AHEAD * step, slot += AHEAD * Team::WARPS) {
        Words<Word> words[AHEAD];
#pragma unroll
        for (int i = 0; i < AHEAD; i++)
            words[i] = words_of(logits, (start + i * step) * TILE + team.lane() * EACH, call.vocabulary);
#pragma unroll
        for (int i = 0; i < AHEAD; i++) {
            if (start + i * step >= tiles) continue;
            const int first = (start + i * step) * TILE + team.lane() * EACH;
            const uint32_t inside = octet_of(call.languages, call.octets, language, first);
            const uint32_t grammar = octet_of(call.grammar, call.grammar_octets, row, first);
            const Values values = values_of(words[i], inside, grammar, penalty);
            add_tile(team, values, inside, call.log_sum_exp != nullptr, slot + i * Team::WARPS, sums);
        }
    }
    return sums_of_warp(team, sums);
}

// The row's sums, known to every thread.
template <class Team, class Word>
__device__ Read read_row(const Call& call, int row, Team& team) {
    auto& mine = team.shared(team.block());
    const Sums of_warp = read_tiles<Team, Word>(call, row, team);
    if (team.lane() == 0) mine.warp_sums[team.warp()] = of_warp;
    team.wait_for_block();
    if (team.warp() == 0) {
        const Sums part = team.lane() < Team::WARPS ? mine.warp_sums[team.lane()] : no_sums();
        const Sums of_block = sums_of_warp(team, part);
        if (team.lane() == 0) mine.sums = of_block;
    }
    team.wait_for_cluster();
    const Sums sums = sums_of_warp(team, team.lane() < Team::BLOCKS ? team.shared(team.lane()).sums : no_sums());
    const int language = call.languages != nullptr ? call.language_of_row[row] : -1;
    const bool is_dropped = language >= 0 && sums.masked_top == -infinity() && call.penalty[row] == infinity();
    return {sums, is_dropped ? -1 : language, is_dropped ? sums.free_top : sums.masked_top};
}

// One draw: of all, those tokens are kept that are at least `floor` above the row's highest logit.
struct Draw {
    double scale, floor;
    uint32_t low, high;
    bool is_greedy;
};

__device__ __host__ inline Draw draw_of(const Call& call, int row, int which) {
    const int at = row * call.draws + which;
    const double temperature = call.temperature[at], min_p = call.min_p[at];
    const uint64_t key =
        split_mix(split_mix(split_mix(uint64_t(call.seeds[row])) + uint64_t(call.positions[row])) + uint64_t(which));
    // Greedy is a draw whose only kept tokens are the highest, all of one score.
    const double floor = temperature == 0 ? 0.0 : min_p > 0 ? temperature * log(min_p) : -HUGE_VAL;
    return {temperature > 0 ? temperature : 1.0, floor, uint32_t(key), uint32_t(key >> 32), temperature == 0};
}

// Adds to a warp's best what its lanes find in a tile whose highest logit is known. The warp agrees on `best.score`.
template <class Team, class Word>
__device__ Best with_tile(const Call& call, int row, Team& team, const Read& read, const Draw& draw, int tile,
                          float tile_top, Best best) {
    const double reach = (double(tile_top) - read.top) / draw.scale;
    const int first = tile * TILE + team.lane() * EACH;
    // The leading bits of a token's hash are a lower bound of its noise.
    const double limit = exp(fmin(reach - best.score, 0.0)) * 0x1p32 * 1.000001;
    uint32_t least = 0xffffffff;
    for (int i = 0; i < EACH; i++) {
        const uint32_t leading = token_hash(first + i, draw.low, draw.high);
        least = leading < least ? leading : least;
    }
    if (call.log_sum_exp == nullptr && !team.any(draw.is_greedy || least <= limit)) return best;
    const Word* logits = static_cast<const Word*>(call.logits) + row * call.stride;
    const Values values = values_of(words_of(logits, first, call.vocabulary),
                                    octet_of(call.languages, call.octets, read.language, first),
                                    octet_of(call.grammar, call.grammar_octets, row, first),
                                    read.language >= 0 ? call.penalty[row] : 0.0f);
    Best found = {best.score, 0.0, best.token};
    for (int i = 0; i < EACH; i++) {
        const double above = double(values.masked[i]) - read.top;
        if (!(values.masked[i] > -infinity()) || above < draw.floor) continue;
        const double scaled = above / draw.scale;
        if (call.log_sum_exp != nullptr) found.weight += exp(scaled);
        const uint32_t leading = token_hash(first + i, draw.low, draw.high);
        if (!draw.is_greedy && leading > limit) continue;
        const double noise = draw.is_greedy ? 1.0 : exponential_noise(leading, draw.low, draw.high);
        found = better(found, {scaled - log(noise), 0.0, first + i});
    }
    found = best_of_warp(team, found);
    found.weight += best.weight;
    return found;
}

template <class Team, class Word>
__device__ Best best_of_tiles(const Call& call, int row, Team& team, const Read& read, const Draw& draw) {
    const auto& mine = team.shared(team.block());
    const float* maxima = call.languages != nullptr && read.language < 0 ? mine.free_maxima : mine.maxima;
    const int tiles = (call.vocabulary + TILE - 1) / TILE, step = Team::BLOCKS * Team::WARPS;
    Best best = {-HUGE_VAL, 0.0, INT32_MAX};
    int slot = team.warp();
    for (int tile = team.block() * Team::WARPS + team.warp(); tile < tiles; tile += step, slot += Team::WARPS) {
        const float tile_top = maxima[slot];
        if (tile_top > -infinity() && double(tile_top) - read.top >= draw.floor)
            best = with_tile<Team, Word>(call, row, team, read, draw, tile, tile_top, best);
    }
    return best;
}

template <class Word>
__device__ __host__ void write_draw(const Call& call, int row, int which, const Read& read, const Best& best) {
    const int at = row * call.draws + which;
    const bool is_drawn = best.token != INT32_MAX;
    call.ids[at] = is_drawn ? best.token : -1;
    if (call.log_sum_exp == nullptr) return;
    call.raw[at] = call.processed[at] = -infinity();
    if (!is_drawn) return;
    const float x = cleaned(value_of((static_cast<const Word*>(call.logits) + row * call.stride)[best.token]));
    const uint32_t octet = octet_of(call.languages, call.octets, read.language, best.token);
    const float masked = octet >> best.token % 8 & 1 ? x : x - call.penalty[row];
    const double temperature = call.temperature[at];
    call.raw[at] = float(x - (double(read.sums.top) + log(double(read.sums.total))));
    call.processed[at] =
        temperature == 0 ? 0.0f : float((double(masked) - read.top) / temperature - log(best.weight));
}

__device__ __host__ inline void write_sums(const Call& call, int row, const Sums& sums) {
    if (call.log_sum_exp == nullptr) return;
    const bool is_empty = !(sums.top > -infinity());
    call.log_sum_exp[row] = is_empty ? -infinity() : float(double(sums.top) + log(double(sums.total)));
    call.language_mass[row] = is_empty ? 0.0f : sums.chosen / sums.total;
}

template <class Team, class Word>
__device__ void sample_row(const Call& call, int row, Team& team) {
    const Read read = read_row<Team, Word>(call, row, team);
    for (int which = 0; which < call.draws; which++) {
        Best best = {-HUGE_VAL, 0.0, INT32_MAX};
        if (call.temperature[row * call.draws + which] >= 0 && read.top > -infinity())
            best = best_of_tiles<Team, Word>(call, row, team, read, draw_of(call, row, which));
        if (team.lane() == 0) team.shared(team.block()).best[which][team.warp()] = best;
    }
    team.wait_for_cluster();
    for (int which = team.warp(); team.block() == 0 && which < call.draws; which += Team::WARPS) {
        Best best = {-HUGE_VAL, 0.0, INT32_MAX};
        for (int at = team.lane(); at < Team::BLOCKS * Team::WARPS; at += LANES)
            best = better(best, team.shared(at / Team::WARPS).best[which][at % Team::WARPS]);
        best = best_of_warp(team, best);
        if (team.lane() == 0) write_draw<Word>(call, row, which, read, best);
    }
    if (team.block() == 0 && team.warp() == 0 && team.lane() == 0) write_sums(call, row, read.sums);
    // What others read from a block's memory must not end with it.
    team.wait_for_cluster();
}

}  // namespace dragoman
