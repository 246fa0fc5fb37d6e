// Instances of a module that stands many times in a chip, each a model of its own; tb/parts.py says how.

#include <memory>
#include <vector>

#include "part_ports.h"
#include "verilated.h"

namespace {
// Never taken down: a model may be stopped in the middle of an evaluation.
std::vector<Vpart*>& parts() {
    static auto* const all = new std::vector<Vpart*>;
    return *all;
}
}  // namespace

// A new instance at a place of the rim; its number.
extern "C" int part_open(const char* place) {
    auto* const part = new Vpart{Verilated::threadContextp(), place};
    part->clk = 0;
    part->eval();
    parts().push_back(part);
    return static_cast<int>(parts().size()) - 1;
}

// An edge of the clock, with the inputs as they are before it.
extern "C" void part_give(int number, unsigned char clk, const uint32_t* words) {
    Vpart& part = *parts()[static_cast<size_t>(number)];
    part_load(part, words);
    part.clk = clk;
    part.eval();
}

// The outputs behind the edge.
extern "C" void part_take(int number, uint32_t* words) {
    part_store(*parts()[static_cast<size_t>(number)], words);
}
