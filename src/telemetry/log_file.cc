#include "log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "gatehouse/telemetry/log.h"

namespace gatehouse::telemetry {
namespace {

constexpr mode_t mode = 0640;

std::string reason(int error) { return error == 0 ? "nobody reads it" : std::generic_category().message(error); }

struct stat about(int fd) {
  struct stat found{};
  ::fstat(fd, &found);
  return found;
}

// A process that was killed may have left half a line.
bool ends_within_a_line(const std::filesystem::path& path, off_t size) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char last = '\n';
  return size > 0 && fd && ::pread(fd.get(), &last, 1, size - 1) == 1 && last != '\n';
}

// Behind a symbolic link stands the file that is turned over, not the link.
std::filesystem::path whole_path(const std::filesystem::path& path) {
  std::error_code failed;
  std::filesystem::path whole = std::filesystem::canonical(path, failed);
  if (!failed && std::filesystem::is_regular_file(whole, failed)) return whole;
  whole = std::filesystem::absolute(path, failed);
  return failed ? path : whole;
}

}  // namespace

LogFile::LogFile(std::filesystem::path path, std::chrono::days kept, const Clock& clock)
    : path_(std::move(path)), clock_(clock), day_(local_day(clock.wall())), sweeper_(path_, kept) {}

Result<std::unique_ptr<LogFile>> LogFile::open(const std::filesystem::path& path, std::chrono::days kept, const Clock& clock) {
  std::unique_ptr<LogFile> file(new LogFile(whole_path(path), kept, clock));
  GH_CHECK(file->attach());
  return file;
}

Status LogFile::attach() {
  // O_NONBLOCK: a named pipe without a reader is an error at once, not a start that hangs.
  Fd fd(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, mode));
  if (!fd) return operator_error("log_file_unwritable", "cannot write the log file " + path_.native() + ": " + reason(errno));
  fd_ = std::move(fd);
  out_.emplace(fd_.get());
  day_ = local_day(clock_.wall());
  if (!out_->is_file()) return ok();
  const struct stat found = about(fd_.get());
  if (found.st_size > 0) day_ = std::min(day_, local_day(WallTime(seconds(found.st_mtim.tv_sec))));
  if (ends_within_a_line(path_, found.st_size)) out_->write("\n");
  return ok();
}

std::uint64_t LogFile::write(std::string_view lines) {
  look_at_the_date();
  if (lines.empty()) return 0;
  const std::size_t written = out_->write(lines);
  const auto lost = static_cast<std::uint64_t>(std::ranges::count(lines.substr(written), '\n'));
  note(lost);
  return lost;
}

void LogFile::note(std::uint64_t lost) {
  lost_ += lost;
  if (lost > 0 && !failing_) {
    log::error("log", "a log file cannot be written: lines are lost until it can",
               {{"file", path_.native()}, {"error", reason(out_->error())}});
  } else if (lost == 0 && failing_) {
    log::warn("log", "a log file is written again", {{"file", path_.native()}, {"lost", std::exchange(lost_, 0)}});
  }
  failing_ = lost > 0;
}

void LogFile::reopen() {
  if (!out_->is_file() || in_place()) return;
  const Status opened = attach();
  if (!opened) log::error("log", "a log file cannot be opened again: the old one is written on", {{"error", opened.error().public_text()}});
}

void LogFile::look_at_the_date() {
  if (!out_->is_file()) return;
  const Day today = local_day(clock_.wall());
  if (today > day_) turn_over();
  if (swept_ && *swept_ >= today) return;
  swept_ = today;
  sweeper_.sweep(today);
}

// Once a day, also where it goes wrong: what is over stays with the next day's lines then.
void LogFile::turn_over() {
  if (!in_place()) {
    reopen();
  } else if (about(fd_.get()).st_size > 0) {
    move_away();
  }
  day_ = local_day(clock_.wall());
}

void LogFile::move_away() {
  const std::filesystem::path over = free_name();
  if (::rename(path_.c_str(), over.c_str()) != 0) {
    log::error("log", "a log file cannot be turned over", {{"file", path_.native()}, {"error", reason(errno)}});
    return;
  }
  const Status opened = attach();
  if (opened) return;
  log::error("log", "a log file cannot be turned over", {{"error", opened.error().public_text()}});
  ::rename(over.c_str(), path_.c_str());
}

bool LogFile::in_place() const {
  struct stat named{};
  const struct stat open = about(fd_.get());
  return ::stat(path_.c_str(), &named) == 0 && named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

std::filesystem::path LogFile::free_name() const {
  const auto taken = [](const std::string& name) { return ::access(name.c_str(), F_OK) == 0; };
  for (unsigned number = 1;; ++number) {
    const std::string name = archive_name(path_.native(), day_, number);
    if (!taken(name) && !taken(name + std::string(packed_end))) return name;
  }
}

}  // namespace gatehouse::telemetry
