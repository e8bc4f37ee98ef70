// telemetry/fd_write.h — bytes into a descriptor that may have a slow reader, or none.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::telemetry {

// A log must not hold the process up for ever: a reader that takes nothing for a second is given up on, also where the
// descriptor itself would block. Into a pipe go whole lines at a time, so that two writers do not tear each other's.
class FdWriter {
 public:
  explicit FdWriter(int fd);  // not owned

  // How many of the lines' bytes are out: fewer than all when the reader stalled or the descriptor failed. After a stall nothing is
  // waited for until the reader takes something again. The rest of a line that was cut off counts as out: it goes first next time.
  std::size_t write(std::string_view lines);

  bool is_file() const { return file_; }
  int error() const { return error_; }  // errno of the last failure, 0 for a reader that stalled

 private:
  bool writable();
  std::string_view next_piece(std::string_view bytes) const;
  std::size_t write_some(std::string_view bytes);

  const int fd_;
  const bool file_;       // a regular file never blocks for a reader
  bool stalled_ = false;  // the reader took nothing for a second
  int error_ = 0;
  std::string rest_;  // of a line whose beginning is out
};

}  // namespace gatehouse::telemetry
