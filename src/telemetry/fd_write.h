// telemetry/fd_write.h — bytes into a descriptor that may have a slow reader, or none.
#pragma once
#include <cstddef>
#include <string_view>

namespace gatehouse::telemetry {

// A log must not hold the process up for ever: a reader that takes nothing for a second is given up on, also where the
// descriptor itself would block.
class FdWriter {
 public:
  explicit FdWriter(int fd);  // not owned

  // How many of the bytes went out: fewer than all when the reader stalled or the descriptor failed. After a stall nothing is
  // waited for until the reader takes something again. A line that was cut off is ended before the next begins.
  std::size_t write(std::string_view bytes);

 private:
  bool writable();
  std::size_t write_some(std::string_view bytes);

  const int fd_;
  const bool file_;       // a regular file never blocks for a reader
  bool stalled_ = false;  // the reader took nothing for a second
  bool torn_ = false;     // what went out last was not a whole line
};

}  // namespace gatehouse::telemetry
