// Instances of a module that stands many times in a chip, each a model of its own; tb/parts.py says how.

#include <memory>
#include <vector>

#include "part_ports.h"
#include "verilated.h"

namespace {
struct Part {
    explicit Part(const char* place)
        : model{Verilated::threadContextp(), place} {
        model.clk = 0;
        model.fresh = 0;
        model.eval();
    }

    // Inputs come first, alone: what depends on them stands before the edge.
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

// Never taken down: a model may be stopped in the middle of an evaluation.
std::vector<Part*>& parts() {
    static auto* const all = new std::vector<Part*>;
    return *all;
}
}  // namespace

// A new instance at a place of the rim; its number.
extern "C" int part_open(const char* place) {
    parts().push_back(new Part{place});
    return static_cast<int>(parts().size()) - 1;
}

// An edge of the clock, with the inputs as they are before it. Where only rising edges come, the falling one before is
// made up for: gates of clocks hold what they see at falling edges.
extern "C" void part_give(int number, unsigned char clk, const uint32_t* words) {
    parts()[static_cast<size_t>(number)]->step(clk, words);
}

// The outputs behind the edge.
extern "C" void part_take(int number, uint32_t* words) {
    part_store(parts()[static_cast<size_t>(number)]->model, words);
}
