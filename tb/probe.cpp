// Variables of a running model by their place in memory, for tb/probe.py: a whole cycle in one call, not a call per
// signal. Verilator knows the variables that are public, those of parts that are models of their own, too.

#include <cstring>

#include "verilated.h"
#include "verilated_syms.h"

// Where a variable lies and its size in bytes, null if it is not public. The whole of it, also where it is a memory.
extern "C" void* superlane_find(const char* scope, const char* name, long* bytes) {
    const VerilatedScope* const place = Verilated::threadContextp()->scopeFind(scope);
    const VerilatedVar* const found = place ? place->varFind(name) : nullptr;
    if (!found) return nullptr;
    *bytes = static_cast<long>(found->totalSize());
    return found->datap();
}

// Copies variables one behind the other.
extern "C" void superlane_gather(void* const* from, const long* bytes, long count, char* to) {
    for (long n = 0; n < count; ++n) {
        std::memcpy(to, from[n], static_cast<size_t>(bytes[n]));
        to += bytes[n];
    }
}
