#include <charconv>

#include "gatehouse/limits/zone.h"

namespace gatehouse::limits {
namespace {

// Takes the rule apart from its front; nothing, where something else stands there.
class RuleText {
 public:
  explicit RuleText(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  bool at(char c) const { return rest_.starts_with(c); }
  bool skip(char c) {
    if (!at(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // "CET", "<+03>".
  bool name() {
    std::size_t end = 0;
    if (at('<')) {
      end = rest_.find('>');
      if (end == std::string_view::npos || end < 4) return false;
      ++end;
    } else {
      while (end < rest_.size() && is_letter(rest_[end])) ++end;
      if (end < 3) return false;
    }
    rest_.remove_prefix(end);
    return true;
  }

  std::optional<unsigned> number(unsigned least, unsigned most) {
    unsigned value = 0;
    const char* const end = rest_.data() + rest_.size();
    if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return std::nullopt;
    const auto read = std::from_chars(rest_.data(), end, value);
    if (read.ec != std::errc() || value < least || value > most) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(read.ptr - rest_.data()));
    return value;
  }

  // Hours, and perhaps minutes and seconds, with or without a sign.
  std::optional<std::int64_t> time(unsigned most_hours) {
    const bool negative = skip('-');
    if (!negative) skip('+');
    const auto hours = number(0, most_hours);
    if (!hours) return std::nullopt;
    std::int64_t whole = std::int64_t{*hours} * 3600;
    for (const int worth : {60, 1}) {
      if (!skip(':')) break;
      const auto part = number(0, 59);
      if (!part) return std::nullopt;
      whole += std::int64_t{*part} * worth;
    }
    return negative ? -whole : whole;
  }

  // "M3.5.0/2", "J60", "59/2:30".
  std::optional<YearlyChange> change() {
    YearlyChange found;
    std::optional<unsigned> day;
    if (skip('M')) {
      found.kind = YearlyChange::Kind::month_week_day;
      const auto month = number(1, 12);
      if (!month || !skip('.')) return std::nullopt;
      const auto week = number(1, 5);
      if (!week || !skip('.')) return std::nullopt;
      found.month = *month;
      found.week = *week;
      day = number(0, 6);
    } else if (skip('J')) {
      found.kind = YearlyChange::Kind::julian_without_leap_day;
      day = number(1, 365);
    } else {
      day = number(0, 365);
    }
    if (!day) return std::nullopt;
    found.day = *day;
    if (!skip('/')) return found;
    const auto when = time(167);
    if (!when) return std::nullopt;
    found.time = *when;
    return found;
  }

 private:
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
  std::string_view rest_;
};

}  // namespace

std::optional<YearlyRule> parse_yearly_rule(std::string_view text) {
  RuleText in(text);
  YearlyRule rule;
  if (!in.name()) return std::nullopt;
  const auto west = in.time(24);
  if (!west) return std::nullopt;
  rule.standard = -*west;
  if (in.done()) return rule;
  if (!in.name()) return std::nullopt;
  rule.has_summer = true;
  rule.summer = rule.standard + 3600;
  if (!in.at(',')) {
    const auto summer_west = in.time(24);
    if (!summer_west) return std::nullopt;
    rule.summer = -*summer_west;
  }
  if (!in.skip(',')) return std::nullopt;
  const auto begins = in.change();
  if (!begins || !in.skip(',')) return std::nullopt;
  const auto ends = in.change();
  if (!ends || !in.done()) return std::nullopt;
  rule.begins = *begins;
  rule.ends = *ends;
  return rule;
}

}  // namespace gatehouse::limits
