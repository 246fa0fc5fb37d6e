// Runs instructions through the exported ALU: records from standard input, one result each to standard output.
// A record enters in each cycle; a record that is not valid is a cycle without an instruction.
#include <cstdint>
#include <cstdio>
#include <vector>

#include "Vtop.h"
#include "verilated.h"

struct Record {
    uint8_t valid, operation, type, to, sat, c, unused[2];
    uint32_t a, b;
};

static void tick(Vtop &top) {
    top.clk = 1;
    top.eval();
    top.clk = 0;
    top.eval();
}

int main(int argc, char **argv) {
    const int stages = argc > 1 ? atoi(argv[1]) : 0;
    Vtop top;
    top.clk = 0;
    top.rst = 1;
    top.valid = 0;
    tick(top);
    top.rst = 0;
    std::vector<Record> records(1 << 16);
    std::vector<uint32_t> results;
    long cycle = 0;
    int tail = stages;
    while (true) {
        size_t count = fread(records.data(), sizeof(Record), records.size(), stdin);
        if (count == 0) {
            if (tail == 0) break;
            count = tail;
            tail = 0;
            records.assign(count, Record{});
        }
        results.clear();
        for (size_t n = 0; n < count; n++, cycle++) {
            const Record &r = records[n];
            top.valid = r.valid;
            top.operation = r.operation;
            top.type = r.type;
            top.to = r.to;
            top.sat = r.sat;
            top.a = r.a;
            top.b = r.b;
            top.c = r.c;
            top.eval();
            if (cycle >= stages) results.push_back(top.result);
            tick(top);
        }
        fwrite(results.data(), sizeof(uint32_t), results.size(), stdout);
    }
    return 0;
}
