// telemetry/test_pipe.h — a pipe for tests, whose far end reads when the test says so.
#pragma once
#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "gatehouse/base/fd.h"

namespace gatehouse::telemetry {

struct PipeEnds {
  Fd read, write;

  PipeEnds() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    read = Fd(ends[0]);
    write = Fd(ends[1]);
  }

  // Everything up to the end; close or lend the writing end first.
  std::string rest() {
    std::string all;
    char piece[65536];
    for (ssize_t n = 0; (n = ::read(read.get(), piece, sizeof piece)) > 0;) all.append(piece, static_cast<std::size_t>(n));
    return all;
  }
};

}  // namespace gatehouse::telemetry
