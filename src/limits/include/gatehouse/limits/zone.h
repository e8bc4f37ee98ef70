// limits/zone.h — a time zone, as far as days need it: how far its clocks are ahead of UTC, and when that changes.
// Units    seconds since 1970, UTC; offsets in seconds east
// Threads  immutable once made
// Errors   zone_unknown: the name is none, or what stands under it cannot be read; it says which, and that UTC needs no file
// Rules    C++20's own zones are not in the libraries that we build with. Files are read as tzdata puts them; a machine without tzdata
//          knows UTC alone, and whoever configures another zone there is told at the start
// Source   RFC 9636 (TZif), POSIX.1-2017 section 8.3 for the rule at its end
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"

namespace gatehouse::limits {

// When summer time begins or ends each year: month 0 is a day of the year.
struct YearlyChange {
  enum class Kind : std::uint8_t { month_week_day, julian_without_leap_day, day_of_year };
  Kind kind = Kind::day_of_year;
  unsigned month = 0, week = 0, day = 0;
  std::int64_t time = 7200;  // seconds after midnight, by the clock that is left
};

// What holds behind the last change that the file names.
struct YearlyRule {
  std::int64_t standard = 0, summer = 0;  // offsets
  bool has_summer = false;
  YearlyChange begins, ends;
};

class Zone {
 public:
  static const Zone& utc();
  // Reads folder/name; "UTC" needs no file. zone_unknown
  static Result<Zone> open(std::string_view name, const std::string& folder = "/usr/share/zoneinfo");
  // The bytes of such a file. zone_unknown
  static Result<Zone> parse(std::string_view bytes);

  // A time during which the offset stays the same: from begins to before ends.
  struct Stretch {
    std::int64_t begins = std::numeric_limits<std::int64_t>::min(), ends = std::numeric_limits<std::int64_t>::max();
    std::int64_t offset = 0;
  };
  Stretch stretch_at(std::int64_t at) const;

 private:
  Zone() = default;
  Status read_changes(std::string_view block, std::uint64_t times, std::uint64_t types);
  Stretch stretch_by_rule(std::int64_t at) const;
  struct Change {
    std::int64_t at = 0, offset = 0;
  };
  std::int64_t first_offset_ = 0;
  std::vector<Change> changes_;
  std::optional<YearlyRule> rule_;
};

// "CET-1CEST,M3.5.0,M10.5.0/3". Nothing when it is not written so.
std::optional<YearlyRule> parse_yearly_rule(std::string_view text);

}  // namespace gatehouse::limits
