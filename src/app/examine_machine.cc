// What the kernel says: memory, disk, descriptors, time.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "examine.h"
#include "gatehouse/adapters/llama_model.h"
#include "gatehouse/base/fd.h"
#include "machine_memory.h"

namespace gatehouse::app {
namespace {

constexpr int syncs = 3;

// The slowest of a few, in a file that is gone afterwards.
std::optional<nanoseconds> slowest_sync(const std::string& folder) {
  std::string name = folder + "/.doctor-XXXXXX";
  const Fd file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) return std::nullopt;
  ::unlink(name.c_str());
  const SystemClock clock;
  const std::array<char, 4096> page{};
  nanoseconds slowest{0};
  for (int i = 0; i < syncs; ++i) {
    const Instant begun = clock.now();
    if (::pwrite(file.get(), page.data(), page.size(), i * 4096) != static_cast<ssize_t>(page.size())) return std::nullopt;
    if (::fdatasync(file.get()) != 0) return std::nullopt;
    slowest = std::max<nanoseconds>(slowest, clock.now() - begun);
  }
  return slowest;
}

// Of the server that runs, else of what is started from here.
std::uint64_t descriptors_of(const std::string& holder) {
  pid_t process = 0;
  std::from_chars(holder.data(), holder.data() + holder.size(), process);
  rlimit files{};
  if (::prlimit(process, RLIMIT_NOFILE, nullptr, &files) != 0 && ::getrlimit(RLIMIT_NOFILE, &files) != 0) return 0;
  return files.rlim_cur;
}

bool has_gpu() {
  std::error_code failed;
  for (const char* device : {"/dev/nvidia0", "/dev/nvidiactl", "/dev/kfd", "/dev/dri/renderD128"}) {
    if (std::filesystem::exists(device, failed)) return true;
  }
  return false;
}

std::int64_t program_written_s() {
  struct stat program{};
  return ::stat("/proc/self/exe", &program) == 0 ? std::int64_t{program.st_mtim.tv_sec} : 0;
}

// Why it could not be opened to be written; it is not made.
std::string refusal_of_log(const std::string& file) {
  if (::faccessat(AT_FDCWD, file.c_str(), W_OK, AT_EACCESS) == 0) return {};
  int why = errno;
  if (why == ENOENT) {
    const std::filesystem::path folder = std::filesystem::path(file).parent_path();
    if (::faccessat(AT_FDCWD, folder.empty() ? "." : folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return {};
    why = errno;
  }
  return "'" + file + "', which cannot be written (" + std::generic_category().message(why) + ")";
}

}  // namespace

MachineFacts examine_machine(const FolderFacts& folder, const Settings& settings, const std::string& holder) {
  MachineFacts machine;
  const MachineMemory memory = machine_memory();
  machine.memory_bytes = memory.all_bytes;
  machine.memory_free_bytes = memory.free_bytes;
  struct statvfs disk{};
  if (::statvfs(folder.there ? folder.path.c_str() : ".", &disk) == 0) machine.disk_free_bytes = disk.f_bavail * disk.f_frsize;
  if (folder.there && folder.owner == folder.me) machine.slowest_sync = slowest_sync(folder.path);
  machine.descriptors = descriptors_of(holder);
  machine.connections = settings.server.limits.connections;
  machine.gpu = has_gpu();
  const Status engine = adapters::load_cpu_backends(adapters::library_directory());
  if (!engine) machine.engine_refusal = engine.error().public_text();
  machine.now_s = unix_seconds(SystemClock().wall());
  machine.program_written_s = program_written_s();
  return machine;
}

std::vector<LogFacts> examine_logs(const Settings& settings) {
  std::vector<LogFacts> logs;
  const bool access = settings.access_log.format != telemetry::AccessFormat::off;
  for (const auto& [key, file] : {std::pair("log.file", settings.log.file), std::pair("log.json_file", settings.log.json_file),
                                  std::pair("access_log.file", access ? settings.access_log.file : std::string())}) {
    if (!file.empty()) logs.push_back({key, refusal_of_log(file)});
  }
  return logs;
}

}  // namespace gatehouse::app
