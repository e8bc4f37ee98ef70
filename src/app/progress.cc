#include "progress.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <utility>

namespace gatehouse::app {
namespace {

constexpr std::uint64_t width = 30;
constexpr const char* empty_line = "\r\x1b[K";

}  // namespace

std::string progress_line(std::string_view what, std::uint64_t done, std::uint64_t all) {
  const double share = all == 0 ? 1.0 : static_cast<double>(std::min(done, all)) / static_cast<double>(all);
  const auto filled = static_cast<std::size_t>(share * width);
  const std::string percent = std::to_string(static_cast<int>(share * 100));
  std::string line(what);
  line.append(" [").append(filled, '#').append(width - filled, '-').append("] ");
  return line.append(3 - percent.size(), ' ').append(percent).append(" %");
}

Progress::Progress(std::string what) : what_(std::move(what)), shown_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (!line_.empty()) std::cerr << empty_line << std::flush;
}

void Progress::show(std::uint64_t done, std::uint64_t all) { show(progress_line(what_, done, all)); }

void Progress::show(std::string_view doing, std::chrono::seconds waited) {
  show(std::string(what_).append(": ").append(doing).append(", ").append(std::to_string(waited.count())).append(" s"));
}

void Progress::show(std::string line) {
  if (!shown_) return;
  if (line == line_) return;
  line_ = std::move(line);
  std::cerr << empty_line << line_ << std::flush;
}

}  // namespace gatehouse::app
