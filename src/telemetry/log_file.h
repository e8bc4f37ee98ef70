// telemetry/log_file.h — a file of lines that is turned over at local midnight; what is over is compressed and kept for a while.
// Threads  one writer. Compressing happens on a thread of its own (sweeper.h)
// Errors   open: log_file_unwritable. Later nothing fails: lines are lost and counted, and the log says once that they are, and once
//          that they are no longer
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "calendar.h"
#include "fd_write.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"
#include "sweeper.h"

namespace gatehouse::telemetry {

class LogFile {
 public:
  // Appends to what is there. What is no regular file (a terminal, a pipe) is written to and left as it is. A relative path is taken
  // from the folder that the process is in now.
  static Result<std::unique_ptr<LogFile>> open(const std::filesystem::path& path, std::chrono::days kept, const Clock& clock);

  // Whole lines, or none, after looking at the date. How many of them were lost.
  std::uint64_t write(std::string_view lines);
  // Opens the file anew where another has its name now, or none.
  void reopen();
  Sweeper& sweeper() { return sweeper_; }

 private:
  LogFile(std::filesystem::path path, std::chrono::days kept, const Clock& clock);
  Status attach();
  void look_at_the_date();
  void turn_over();
  void move_away();
  bool in_place() const;
  std::filesystem::path free_name() const;
  void note(std::uint64_t lost);

  const std::filesystem::path path_;
  const Clock& clock_;
  Fd fd_;
  std::optional<FdWriter> out_;
  Day day_;                   // of what the file holds
  std::optional<Day> swept_;  // not before the first line: then there is a log to complain to
  bool failing_ = false;      // what was written last was lost
  std::uint64_t lost_ = 0;    // since it is failing
  Sweeper sweeper_;
};

}  // namespace gatehouse::telemetry
