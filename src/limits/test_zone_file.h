// Files of time zones, made up for tests: on a machine without tzdata there are none.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::limits {

struct ZoneChange {
  std::int64_t at;
  int kind;
};

inline void append_big_endian(std::string& out, std::uint64_t value, int width) {
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xffU));
}

inline std::string zone_header(std::uint64_t leaps, std::uint64_t changes, std::uint64_t kinds) {
  std::string out = "TZif2" + std::string(15, '\0');
  for (const std::uint64_t count : {std::uint64_t{0}, std::uint64_t{0}, leaps, changes, kinds, std::uint64_t{4}}) {
    append_big_endian(out, count, 4);
  }
  return out;
}

// offsets: of each kind. footer: the rule for what comes behind the last change.
inline std::string zone_file(const std::vector<std::int64_t>& offsets, const std::vector<ZoneChange>& changes, std::string_view footer,
                             std::uint64_t leaps = 0) {
  std::string out = zone_header(0, 0, 1) + std::string(6 + 4, '\0');
  out += zone_header(leaps, changes.size(), offsets.size());
  for (const ZoneChange& one : changes) append_big_endian(out, static_cast<std::uint64_t>(one.at), 8);
  for (const ZoneChange& one : changes) out.push_back(static_cast<char>(one.kind));
  for (const std::int64_t offset : offsets) {
    append_big_endian(out, static_cast<std::uint64_t>(offset), 4);
    out += std::string(2, '\0');
  }
  out += std::string(4 + leaps * 12, '\0');
  return out + "\n" + std::string(footer) + "\n";
}

}  // namespace gatehouse::limits
