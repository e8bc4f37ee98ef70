// telemetry/archive.h — log files that are over: their names, and what is to be done with them.
//
//   gatehouse.log                    written now
//   gatehouse.log.2026-10-01         over; .2026-10-01.2 where that name was taken
//   gatehouse.log.2026-10-01.gz.part being compressed, or left by a process that died at it
//   gatehouse.log.2026-10-01.gz      compressed, and whole: it got its name when it was on the disk
//
// Threads  pure functions
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calendar.h"

namespace gatehouse::telemetry {

inline constexpr std::string_view packed_end = ".gz", unfinished_end = ".gz.part";

// number: 1 for the first of a day.
std::string archive_name(std::string_view file, Day day, unsigned number);

struct Chore {
  enum class Kind { remove, pack };
  Kind kind;
  std::string name;
  friend bool operator==(const Chore&, const Chore&) = default;
};

// names: what stands in the folder of file; what is not an archive of it is left alone. Whatever state a process left behind, doing all
// of this leaves one whole .gz of each day that is not older than kept. What frees space comes first.
std::vector<Chore> plan_chores(std::string_view file, const std::vector<std::string>& names, Day today, std::chrono::days kept);

}  // namespace gatehouse::telemetry
