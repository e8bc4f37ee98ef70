// app/progress.h — a bar while something takes long, on standard error where that is a terminal.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::app {

// "backup [#####-----]  50 %"
std::string progress_line(std::string_view what, std::uint64_t done, std::uint64_t all);

class Progress {
 public:
  explicit Progress(std::string what);
  // The line is empty again.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::uint64_t done, std::uint64_t all);
  // While nobody knows how far it is: what is done, and for how long that has been so.
  void show(std::string_view doing, std::chrono::seconds waited);

 private:
  void show(std::string line);

  const std::string what_;
  const bool shown_;
  std::string line_;
};

}  // namespace gatehouse::app
