#include "gatehouse/telemetry/process_stats.h"

#include <dirent.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>

namespace gatehouse::telemetry {
namespace {

std::string folder_of(pid_t pid) { return "/proc/" + (pid == 0 ? "self" : std::to_string(pid)); }

}  // namespace

Result<std::uint64_t> resident_bytes(pid_t pid) {
  std::uint64_t total_pages = 0, resident_pages = 0;
  std::ifstream statm(folder_of(pid) + "/statm");
  if (!(statm >> total_pages >> resident_pages)) return internal_error("process_unreadable", folder_of(pid) + "/statm");
  return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

Result<ProcessStats> process_stats(pid_t pid) {
  GH_TRY(const std::uint64_t resident, resident_bytes(pid));
  const std::string folder = folder_of(pid);
  const std::unique_ptr<DIR, int (*)(DIR*)> fds(::opendir((folder + "/fd").c_str()), &::closedir);
  if (!fds) return internal_error("process_unreadable", folder + "/fd");
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(fds.get())) count += entry->d_name[0] != '.' ? 1 : 0;
  if (pid == 0 || pid == ::getpid()) --count;  // the one that this function holds
  return ProcessStats{resident, count};
}

}  // namespace gatehouse::telemetry
