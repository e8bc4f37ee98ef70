#include "gatehouse/telemetry/process_stats.h"

#include <dirent.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>

namespace gatehouse::telemetry {

Result<ProcessStats> process_stats(pid_t pid) {
  const std::string folder = "/proc/" + (pid == 0 ? "self" : std::to_string(pid));
  std::uint64_t total_pages = 0, resident_pages = 0;
  std::ifstream statm(folder + "/statm");
  if (!(statm >> total_pages >> resident_pages)) return internal_error("process_unreadable", folder + "/statm");
  statm.close();

  const std::unique_ptr<DIR, int (*)(DIR*)> fds(::opendir((folder + "/fd").c_str()), &::closedir);
  if (!fds) return internal_error("process_unreadable", folder + "/fd");
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(fds.get())) count += entry->d_name[0] != '.' ? 1 : 0;
  if (pid == 0 || pid == ::getpid()) --count;  // the one that this function holds

  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return ProcessStats{resident_pages * page, count};
}

}  // namespace gatehouse::telemetry
