// A board's model behind a pseudo terminal, which tb/board.py builds and runs: bytes that a host writes there reach the
// pin rx bit by bit, and what the pin tx does comes back as bytes. The model's clock runs as long as a host has the
// terminal open. Prints the terminal's path; ends with the standard input, and then prints what it has counted.

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>

#include "Vtop.h"
#include "verilated.h"

namespace {
// Bits of a byte on the line: start, data, stop.
constexpr int line_bits = 10;
// Cycles of reset, and milliseconds between two looks for a host where there is none.
constexpr int reset_cycles = 8, look = 10;

struct Options {
    int divisor;
    uint64_t seed;
    double lost, repeated, noise;
};

struct Counts {
    long cycles = 0, to_board = 0, to_host = 0, lost = 0, repeated = 0, inverted = 0;
};

class Chance {
public:
    explicit Chance(uint64_t seed) : draw{seed} {}
    bool operator()(double probability) { return std::uniform_real_distribution<>{0, 1}(draw) < probability; }

private:
    std::mt19937_64 draw;
};

// What happens to bytes on their way, in the buffers of a USB port.
class Losses {
public:
    Losses(const Options& options, uint64_t seed, Counts& counts) : options{options}, chance{seed}, counts{counts} {}

    // How often a byte comes out.
    int copies() {
        if (chance(options.lost)) return ++counts.lost, 0;
        if (chance(options.repeated)) return ++counts.repeated, 2;
        return 1;
    }

private:
    const Options& options;
    Chance chance;
    Counts& counts;
};

// What happens to the level of a wire: now and then it is inverted for the time of a bit, also while nothing is sent.
class Noise {
public:
    Noise(const Options& options, uint64_t seed, Counts& counts) : options{options}, chance{seed}, counts{counts} {}

    bool through(bool level) {
        if (left == 0) {
            left = options.divisor;
            inverts = chance(options.noise);
            counts.inverted += inverts;
        }
        --left;
        return level != inverts;
    }

private:
    const Options& options;
    Chance chance;
    Counts& counts;
    int left = 0;
    bool inverts = false;
};

// Bytes to a wire, lowest bit first.
class Sender {
public:
    explicit Sender(int divisor) : divisor{divisor} {}
    bool ready() const { return left == 0; }
    void send(uint8_t byte) {
        bits = 1u << (line_bits - 1) | static_cast<unsigned>(byte) << 1;
        left = line_bits * divisor;
    }
    // The level in the next cycle.
    bool step() {
        if (left == 0) return true;
        const int bit = line_bits - 1 - (--left) / divisor;
        return bits >> bit & 1;
    }

private:
    int divisor, left = 0;
    unsigned bits = 0;
};

// Bytes from a wire: each bit is looked at in its middle; a byte without its stop bit is dropped.
class Listener {
public:
    explicit Listener(int divisor) : divisor{divisor} {}
    // A cycle; whether a byte has come.
    bool step(bool level) {
        const bool begins = before && !level;
        before = level;
        if (at < 0) {
            if (begins) at = 0;
            return false;
        }
        if (++at % divisor != divisor / 2) return false;
        const int bit = at / divisor;
        if (bit == 0 && level) return at = -1, false;
        if (bit == line_bits - 1) return at = -1, level;
        if (bit > 0) byte = static_cast<uint8_t>(byte >> 1 | level << 7);
        return false;
    }
    uint8_t byte = 0;

private:
    int divisor, at = -1;
    bool before = true;
};

// The end of a pseudo terminal that is not the host's.
class Terminal {
public:
    Terminal() : file{posix_openpt(O_RDWR | O_NOCTTY)} {
        if (file < 0 || grantpt(file) || unlockpt(file)) fail("no pseudo terminal");
        // Opened once, so that afterwards is seen whether it is open.
        const int other = open(ptsname(file), O_RDWR | O_NOCTTY);
        termios raw{};
        if (other < 0 || tcgetattr(other, &raw)) fail("no pseudo terminal");
        cfmakeraw(&raw);
        tcsetattr(other, TCSANOW, &raw);
        close(other);
        fcntl(file, F_SETFL, O_NONBLOCK);
    }
    const char* path() const { return ptsname(file); }
    bool has_host() const {
        pollfd look{file, POLLIN, 0};
        return poll(&look, 1, 0) <= 0 || !(look.revents & POLLHUP);
    }
    // Bytes that the host has sent.
    ssize_t read(uint8_t* bytes, size_t most) const { return ::read(file, bytes, most); }
    // A byte that the host does not fetch is lost, as in a serial port's buffer.
    void write(uint8_t byte) const { (void)!::write(file, &byte, 1); }

private:
    static void fail(const char* why) {
        std::perror(why);
        std::exit(1);
    }
    int file;
};

class Board {
public:
    explicit Board(const Options& options)
        : options{options},
          losses_in{options, 4 * options.seed, counts},
          losses_out{options, 4 * options.seed + 1, counts},
          noise_in{options, 4 * options.seed + 2, counts},
          noise_out{options, 4 * options.seed + 3, counts},
          sender{options.divisor},
          listener{options.divisor} {
        model.rx = 1;
        model.rst = 1;
        for (int n = 0; n < reset_cycles; ++n) edge();
        model.rst = 0;
    }

    const char* path() const { return terminal.path(); }
    bool has_host() const { return terminal.has_host(); }
    const Counts& counted() const { return counts; }

    // The time of a byte.
    void run() {
        uint8_t bytes[256];
        if (waiting.empty()) {
            const ssize_t came = terminal.read(bytes, sizeof bytes);
            for (ssize_t n = 0; n < came; ++n) {
                for (int copies = losses_in.copies(); copies > 0; --copies) waiting.push_back(bytes[n]);
            }
        }
        for (int n = 0; n < line_bits * options.divisor; ++n) {
            if (sender.ready() && !waiting.empty()) {
                sender.send(waiting.front());
                waiting.pop_front();
                ++counts.to_board;
            }
            model.rx = noise_in.through(sender.step());
            edge();
            if (!listener.step(noise_out.through(model.tx))) continue;
            for (int copies = losses_out.copies(); copies > 0; --copies) terminal.write(listener.byte);
            ++counts.to_host;
        }
    }

private:
    void edge() {
        model.clk = 0;
        model.eval();
        model.clk = 1;
        model.eval();
        ++counts.cycles;
    }

    const Options options;
    Counts counts;
    Losses losses_in, losses_out;
    Noise noise_in, noise_out;
    Sender sender;
    Listener listener;
    Terminal terminal;
    Vtop model;
    std::deque<uint8_t> waiting;
};

// Whether whoever has started this is still there.
bool goes_on(int milliseconds) {
    pollfd look{STDIN_FILENO, POLLIN, 0};
    return poll(&look, 1, milliseconds) == 0;
}
}  // namespace

int main(int count, char** given) {
    if (count != 6) {
        std::fprintf(stderr, "usage: %s divisor seed lost repeated noise\n", given[0]);
        return 2;
    }
    const Options options{std::atoi(given[1]), std::strtoull(given[2], nullptr, 10), std::atof(given[3]),
                          std::atof(given[4]), std::atof(given[5])};
    Board board{options};
    std::printf("%s\n", board.path());
    std::fflush(stdout);
    std::chrono::duration<double> busy{0};
    while (goes_on(board.has_host() ? 0 : look)) {
        if (!board.has_host()) continue;
        const auto begun = std::chrono::steady_clock::now();
        board.run();
        busy += std::chrono::steady_clock::now() - begun;
    }
    const Counts& it = board.counted();
    std::printf("%ld %ld %ld %ld %ld %ld %.3f\n", it.cycles, it.to_board, it.to_host, it.lost, it.repeated, it.inverted,
                busy.count());
    std::fflush(stdout);
    std::_Exit(0);  // threads of tb/parts.cpp are never taken down
}
