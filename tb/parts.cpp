// Instances of a module that stands many times in a chip, each a model of its own; tb/parts.py says how.

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "part_ports.h"
#include "part_wires.h"
#include "svdpi.h"
#include "verilated.h"

namespace {
struct Part {
    explicit Part(const char* place)
        : model{Verilated::threadContextp(), place} {
        model.clk = 0;
        model.fresh = 0;
        model.eval();
    }

    // An edge of the clock, with the inputs as they are before it. Where only rising edges come, the falling one before
    // is made up for: gates of clocks hold what they see at falling edges. Inputs come first, alone: what depends on
    // them stands before the edge.
    void step(bool clk, const uint32_t* words) {
        if (!known || std::memcmp(words, given, sizeof given) != 0) {
            std::memcpy(given, words, sizeof given);
            known = true;
            part_load(model, given);
            model.fresh = 1;
            model.eval();
            model.fresh = 0;
        }
        if (clk && model.clk) {
            model.clk = 0;
            model.eval();
        }
        model.clk = clk;
        model.eval();
    }

    Vpart model;
    uint32_t given[part_inputs];
    bool known = false;
};

// Threads that do a piece of work together with the one that calls; between two pieces they sleep.
class Pool {
public:
    explicit Pool(int threads) {
        VerilatedContext* const context = Verilated::threadContextp();
        for (int n = 1; n < threads; ++n) {
            std::thread{[this, context] {
                Verilated::threadContextp(context);
                serve();
            }}.detach();
        }
        helpers = threads - 1;
    }

    // work(n) for n below count.
    template <typename Work>
    void run(int count, const Work& work) {
        if (!helpers) {
            for (int n = 0; n < count; ++n) work(n);
            return;
        }
        const auto share = [&] {
            for (int n; (n = next.fetch_add(1)) < count;) work(n);
        };
        call = [](const void* it) { (*static_cast<decltype(&share)>(it))(); };
        {
            const std::lock_guard<std::mutex> lock{mutex};
            next = 0;
            left = helpers;
            piece = &share;
            ++number;
        }
        begun.notify_all();
        share();
        std::unique_lock<std::mutex> lock{mutex};
        ended.wait(lock, [this] { return left == 0; });
    }

private:
    void serve() {
        long done = 0;
        while (true) {
            const void* mine;
            void (*how)(const void*);
            {
                std::unique_lock<std::mutex> lock{mutex};
                begun.wait(lock, [&] { return number != done; });
                done = number;
                mine = piece;
                how = call;
            }
            how(mine);
            const std::lock_guard<std::mutex> lock{mutex};
            if (--left == 0) ended.notify_one();
        }
    }

    std::mutex mutex;
    std::condition_variable begun, ended;
    std::atomic<int> next{0};
    const void* piece = nullptr;
    void (*call)(const void*) = nullptr;
    long number = 0;
    int left = 0, helpers = 0;
};

int threads() {
    const char* const wanted = std::getenv("SUPERLANE_THREADS");
    return wanted ? std::max(1, std::atoi(wanted)) : 1;
}

class Chip {
public:
    void open(int number, const char* place) {
        parts[number] = std::make_unique<Part>(place);
        part_store(parts[number]->model, outputs(number));
    }

    // What the rim gives an instance; with the last one's, all take the step.
    void give(int number, bool clk, const uint32_t* words) {
        copy(part_fed, part_fed_from, number, [&](const Copy& it) {
            std::memcpy(&state[it.place], words + it.at, it.words * sizeof *words);
        });
        if (++given < part_count) return;
        given = 0;
        for (const Wire& wire : part_wires) follow(wire);
        pool.run(part_count, [&](int n) { parts[n]->step(clk, &state[n * part_inputs]); });
        for (int n = 0; n < part_count; ++n) part_store(parts[n]->model, outputs(n));
    }

    const uint32_t* words() const { return state.data(); }

    void take(int number, uint32_t* words) const {
        copy(part_shown, part_shown_from, number, [&](const Copy& it) {
            std::memcpy(words + it.at, &state[it.place], it.words * sizeof *words);
        });
    }

private:
    uint32_t* outputs(int number) { return &state[part_count * part_inputs + number * part_outputs]; }

    void follow(const Wire& wire) {
        const uint32_t bit = static_cast<uint32_t>(wire.condition);
        const bool holds = wire.condition < 0 || (state[part_conditions + bit / 32] >> bit % 32 & 1);
        std::memcpy(&state[wire.to], &state[holds ? wire.first : wire.second], wire.words * sizeof state[0]);
    }

    template <typename Each>
    static void copy(const Copy* all, const uint32_t* from, int number, const Each& each) {
        for (uint32_t n = from[number]; n < from[number + 1]; ++n) each(all[n]);
    }

    std::unique_ptr<Part> parts[part_count];
    std::vector<uint32_t> state = std::vector<uint32_t>(part_words);
    Pool pool{threads()};
    int given = 0;
};

// Never taken down: a model may be stopped in the middle of an evaluation.
Chip& chip() {
    static auto* const one = new Chip;
    return *one;
}
}  // namespace

// A new instance at a place of the rim.
extern "C" void part_open(int number, const char* place) { chip().open(number, place); }

// An edge of the clock, with what the rim drives.
extern "C" void part_give(int number, unsigned char clk, const svOpenArrayHandle words) {
    chip().give(number, clk, static_cast<const uint32_t*>(svGetArrayPtr(words)));
}

// What the rim needs, behind the edge.
extern "C" void part_take(int number, const svOpenArrayHandle words) {
    chip().take(number, static_cast<uint32_t*>(svGetArrayPtr(words)));
}

// All words that stand between instances, for tb/probe.py: which they are, tb.parts.place tells.
extern "C" const uint32_t* part_state() { return chip().words(); }
