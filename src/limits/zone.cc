#include "gatehouse/limits/zone.h"

#include <algorithm>
#include <chrono>
#include <fstream>

namespace gatehouse::limits {
namespace {

constexpr std::size_t largest_file = 1024 * 1024, header_bytes = 44;
constexpr std::int64_t largest_offset = 26 * 3600 - 1;

Error not_a_zone(std::string why) { return operator_error("zone_unknown", "This is no file of a time zone: " + std::move(why)); }

// Big-endian numbers, one after the other.
class Bytes {
 public:
  explicit Bytes(std::string_view rest) : rest_(rest) {}
  std::string_view take(std::size_t n) {
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::uint64_t number(std::size_t width) {
    std::uint64_t value = 0;
    for (const char c : take(width)) value = (value << 8U) | static_cast<unsigned char>(c);
    return value;
  }
  std::size_t size() const { return rest_.size(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

struct TzifHeader {
  std::uint64_t version = 0, is_ut = 0, is_standard = 0, leaps = 0, times = 0, types = 0, characters = 0;
  // What follows, where a moment takes so many bytes.
  std::uint64_t bytes(std::uint64_t width) const {
    return times * (width + 1) + types * 6 + characters + leaps * (width + 4) + is_standard + is_ut;
  }
};

Result<TzifHeader> read_header(Bytes& in) {
  if (in.size() < header_bytes || in.take(4) != "TZif") return not_a_zone("it does not begin as one");
  TzifHeader head;
  head.version = in.number(1);
  in.take(15);
  for (std::uint64_t* count : {&head.is_ut, &head.is_standard, &head.leaps, &head.times, &head.types, &head.characters}) {
    *count = in.number(4);
  }
  return head;
}

std::int64_t days_of(std::chrono::sys_days day) { return day.time_since_epoch().count(); }

// The day of the year on which it happens, in days since 1970.
std::int64_t day_in(int number, const YearlyChange& change) {
  using std::chrono::month, std::chrono::weekday, std::chrono::sys_days;
  const std::chrono::year in(number);
  const std::int64_t first = days_of(sys_days(in / std::chrono::January / 1));
  if (change.kind == YearlyChange::Kind::day_of_year) return first + change.day;
  if (change.kind == YearlyChange::Kind::julian_without_leap_day) {
    return first + change.day - 1 + (in.is_leap() && change.day >= 60 ? 1 : 0);
  }
  const month of(change.month);
  if (change.week == 5) return days_of(sys_days(in / of / weekday(change.day)[std::chrono::last]));
  return days_of(sys_days(in / of / weekday(change.day)[change.week]));
}

std::int64_t moment_in(int number, const YearlyChange& change, std::int64_t offset) {
  return day_in(number, change) * 86400 + change.time - offset;
}

bool well_named(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-' || c == '/';
  };
  return !name.empty() && name.size() <= 64 && name.front() != '/' && std::ranges::all_of(name, fits);
}

}  // namespace

const Zone& Zone::utc() {
  static const Zone made;
  return made;
}

Result<Zone> Zone::open(std::string_view name, const std::string& folder) {
  if (name == "UTC") return Zone(utc());
  const std::string path = folder + "/" + std::string(name);
  const auto unknown = [&](const std::string& why) {
    return operator_error("zone_unknown", "The time zone '" + std::string(name) + "' cannot be used: " + why);
  };
  if (!well_named(name)) return unknown("that is no name of one; write it as Europe/Berlin, or UTC");
  std::ifstream file(path, std::ios::binary);
  std::string bytes(largest_file, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  if (bytes.empty()) return unknown(path + " cannot be read. Is the package tzdata installed? UTC needs none");
  Result<Zone> zone = parse(bytes);
  if (!zone) return unknown(path + ": " + zone.error().public_text());
  return zone;
}

Result<Zone> Zone::parse(std::string_view bytes) {
  Bytes in(bytes);
  GH_TRY(const TzifHeader old, read_header(in));
  if (old.version < '2') return not_a_zone("it is older than version 2");
  if (old.bytes(4) > in.size()) return not_a_zone("it ends too early");
  in.take(static_cast<std::size_t>(old.bytes(4)));
  GH_TRY(const TzifHeader head, read_header(in));
  if (head.bytes(8) > in.size()) return not_a_zone("it ends too early");
  if (head.types == 0 || head.types > 256) return not_a_zone("it has no types of local time, or too many");
  if (head.leaps > 0) return not_a_zone("it counts leap seconds, which clocks here do not");
  Zone zone;
  GH_CHECK(zone.read_changes(in.take(static_cast<std::size_t>(head.bytes(8))), head.times, head.types));
  std::string_view footer = in.rest();
  if (footer.size() < 2 || footer.front() != '\n' || footer.back() != '\n') return not_a_zone("its last line is missing");
  footer = footer.substr(1, footer.size() - 2);
  if (footer.empty()) return zone;
  zone.rule_ = parse_yearly_rule(footer);
  if (!zone.rule_) return not_a_zone("its last line is no rule");
  return zone;
}

// The moments come first, then the type of each, then the types.
Status Zone::read_changes(std::string_view block, std::uint64_t times, std::uint64_t types) {
  Bytes moments(block), kinds(block.substr(static_cast<std::size_t>(times * 8))), sorts(block.substr(static_cast<std::size_t>(times * 9)));
  std::vector<std::int64_t> offsets;
  for (std::uint64_t i = 0; i < types; ++i) {
    offsets.push_back(static_cast<std::int32_t>(sorts.number(4)));
    sorts.take(2);  // whether it is summer time, and its name
    if (offsets.back() > largest_offset || offsets.back() < -largest_offset) return not_a_zone("an offset is longer than a day");
  }
  first_offset_ = offsets.front();
  for (std::uint64_t i = 0; i < times; ++i) {
    const auto at = static_cast<std::int64_t>(moments.number(8));
    const std::uint64_t kind = kinds.number(1);
    if (kind >= offsets.size()) return not_a_zone("a change is to a type that is none");
    if (!changes_.empty() && at <= changes_.back().at) return not_a_zone("its changes are not in order");
    changes_.push_back(Change{at, offsets[static_cast<std::size_t>(kind)]});
  }
  return ok();
}

Zone::Stretch Zone::stretch_at(std::int64_t at) const {
  if (rule_ && (changes_.empty() || at >= changes_.back().at)) return stretch_by_rule(at);
  const auto next = std::ranges::upper_bound(changes_, at, {}, &Change::at);
  Stretch found;
  if (next != changes_.end()) found.ends = next->at;
  if (next == changes_.begin()) {
    found.offset = first_offset_;
  } else {
    found.begins = std::prev(next)->at;
    found.offset = std::prev(next)->offset;
  }
  return found;
}

Zone::Stretch Zone::stretch_by_rule(std::int64_t at) const {
  Stretch found;
  found.offset = rule_->standard;
  if (!changes_.empty()) found.begins = changes_.back().at;
  if (!rule_->has_summer) return found;
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(at)));
  const int now = static_cast<int>(std::chrono::year_month_day(today).year());
  // Enough of them that some lie before and some behind, whatever the offsets.
  std::array<Change, 8> all;
  for (int i = 0; i < 4; ++i) {
    const auto slot = static_cast<std::size_t>(i) * 2;
    all[slot] = Change{moment_in(now - 1 + i, rule_->ends, rule_->summer), rule_->standard};
    all[slot + 1] = Change{moment_in(now - 1 + i, rule_->begins, rule_->standard), rule_->summer};
  }
  // Where summer time ends when it begins again it never ends.
  std::ranges::sort(all, [this](const Change& a, const Change& b) {
    return a.at != b.at ? a.at < b.at : a.offset != b.offset && a.offset == rule_->standard;
  });
  for (const Change& one : all) {
    if (one.at <= at) {
      found.begins = std::max(found.begins, one.at);
      found.offset = one.offset;
    } else {
      found.ends = one.at;
      break;
    }
  }
  return found;
}

}  // namespace gatehouse::limits
