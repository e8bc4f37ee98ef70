#include "machine_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>

namespace gatehouse::app {
namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

// Of lines such as "MemAvailable:   123 kB" or "inactive_file 4096".
std::uint64_t number_of(const std::filesystem::path& file, const std::string& name, std::uint64_t unit) {
  std::ifstream lines(file);
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string found;
    std::uint64_t number = 0;
    if (words >> found >> number && found == name) return number * unit;
  }
  return 0;
}

// "max", or no such file, is none.
std::uint64_t number_in(const std::filesystem::path& file, std::uint64_t otherwise) {
  std::uint64_t number = 0;
  std::ifstream in(file);
  return in >> number ? number : otherwise;
}

// "0::/system.slice/gatehouse.service": control groups of version 2.
std::string own_group() {
  std::ifstream lines("/proc/self/cgroup");
  std::string line;
  while (std::getline(lines, line)) {
    if (line.starts_with("0::/")) return line.substr(3);
  }
  return "/";
}

void apply_group(const std::filesystem::path& group, MachineMemory& memory) {
  const std::uint64_t limit = number_in(group / "memory.max", unlimited);
  if (limit == unlimited) return;
  const std::uint64_t current = number_in(group / "memory.current", 0), cache = number_of(group / "memory.stat", "inactive_file", 1);
  const std::uint64_t used = std::min(limit, current - std::min(current, cache));
  memory.all_bytes = std::min(memory.all_bytes, limit);
  memory.free_bytes = std::min(memory.free_bytes, limit - used);
}

}  // namespace

MachineMemory memory_of(const std::filesystem::path& meminfo, const std::filesystem::path& groups, const std::string& group) {
  constexpr std::uint64_t kibibyte = 1024;
  MachineMemory memory;
  memory.all_bytes = number_of(meminfo, "MemTotal:", kibibyte);
  memory.free_bytes = number_of(meminfo, "MemAvailable:", kibibyte);
  std::filesystem::path at = groups;
  apply_group(at, memory);
  for (const std::filesystem::path& part : std::filesystem::path(group).relative_path()) apply_group(at /= part, memory);
  return memory;
}

MachineMemory machine_memory() { return memory_of("/proc/meminfo", "/sys/fs/cgroup", own_group()); }

}  // namespace gatehouse::app
