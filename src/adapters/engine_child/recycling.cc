#include "gatehouse/adapters/engine_child/recycling.h"

namespace gatehouse::adapters {
namespace {

constexpr std::chrono::minutes by_memory_from{1};
constexpr std::uint64_t mebibyte = 1024 * 1024;

}  // namespace

std::string due_for_recycling(const RecycleLimits& limits, const ChildWear& wear) {
  if (limits.calls > 0 && wear.calls >= limits.calls) return "it has answered " + std::to_string(wear.calls) + " requests";
  if (limits.age > nanoseconds(0) && wear.age >= limits.age) {
    return "it is " + std::to_string(std::chrono::duration_cast<seconds>(wear.age).count()) + " s old";
  }
  if (limits.resident_bytes > 0 && wear.resident_bytes >= limits.resident_bytes && wear.age >= by_memory_from) {
    return "it takes " + std::to_string(wear.resident_bytes / mebibyte) + " MiB of memory";
  }
  return {};
}

}  // namespace gatehouse::adapters
