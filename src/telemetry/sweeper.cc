#include "sweeper.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "gatehouse/base/fd.h"
#include "gatehouse/telemetry/log.h"
#include "gzip.h"

namespace gatehouse::telemetry {
namespace {

constexpr int nice = 10;  // of this thread alone; requests come first

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  std::filesystem::directory_iterator entry(folder.empty() ? "." : folder, failed);
  for (; !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
    names.push_back(entry->path().filename().string());
  }
  return names;
}

Error not_packed(int error) { return operator_error("log_not_packed", std::generic_category().message(error)); }

}  // namespace

Sweeper::~Sweeper() {
  stopping_ = true;
  thread_.join();
}

void Sweeper::sweep(Day today) {
  thread_.join();  // two at once would take the work out of each other's hands
  thread_ = BackgroundThread([this, today] { work(today); });
}

void Sweeper::work(Day today) {
  ::setpriority(PRIO_PROCESS, 0, nice);
  const std::filesystem::path folder = file_.parent_path();
  for (const Chore& chore : plan_chores(file_.filename().string(), names_in(folder), today, kept_)) {
    if (stopping_) return;
    const std::filesystem::path path = folder / chore.name;
    if (chore.kind == Chore::Kind::remove) {
      if (::unlink(path.c_str()) != 0) log::warn("log", "an old log file is not removed", {{"file", path.native()}});
      continue;
    }
    const Status packed = pack(path);
    if (!packed && !stopping_) {
      log::warn("log", "a log file that is over is not compressed", {{"file", path.native()}, {"error", packed.error().public_text()}});
    }
  }
}

// The name ending in .gz is given to a file that is whole and on the disk; only then the other goes.
Status Sweeper::pack(const std::filesystem::path& over) {
  const std::string packed = over.native() + std::string(packed_end), part = over.native() + std::string(unfinished_end);
  const Fd from(::open(over.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat about{};
  if (!from || ::fstat(from.get(), &about) != 0) return not_packed(errno);
  if (!S_ISREG(about.st_mode)) return not_packed(EINVAL);
  const Fd to(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, about.st_mode & 0640));
  if (!to) return not_packed(errno);
  Status compressed = gzip(from.get(), to.get(), stopping_);
  if (compressed && ::rename(part.c_str(), packed.c_str()) != 0) compressed = not_packed(errno);
  if (!compressed) {
    ::unlink(part.c_str());
    return compressed;
  }
  return ::unlink(over.c_str()) == 0 ? ok() : Status(not_packed(errno));
}

}  // namespace gatehouse::telemetry
