#include "gatehouse/limits/fields.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/text_writer.h"

namespace gatehouse::limits {
namespace {

constexpr std::uint64_t ns_a_second = 1'000'000'000, ns_a_millisecond = 1'000'000;
constexpr nanoseconds patience = seconds(30);

// The unit is known where it is compiled: nothing is divided.
template <std::uint64_t unit>
std::optional<std::uint64_t> rounded_up(const Wait& wait) {
  const auto time = wait.time();
  if (!time) return std::nullopt;
  return (static_cast<std::uint64_t>(time->count()) + (unit - 1)) / unit;
}

bool needs_no_care(char c) { return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\'; }

// A string of RFC 9651. What it cannot hold is left out; names are our own, and hold none of it.
void append_string(std::string& out, std::string_view text) {
  out += '"';
  if (std::ranges::all_of(text, needs_no_care)) {
    out += text;
  } else {
    for (const char c : text) {
      if (c < 0x20 || c > 0x7e) continue;
      if (!needs_no_care(c)) out += '\\';
      out += c;
    }
  }
  out += '"';
}

std::uint64_t as_integer(std::uint64_t value) { return std::min<std::uint64_t>(value, most_units); }

void append_number(std::string& out, std::string_view name, std::uint64_t value) {
  out.append(name).append(std::to_string(as_integer(value)));
}

struct Quota {
  Units units = 0;
  std::uint64_t window_s = 0;  // 0: none of one length
  std::string_view unit;       // where the kind of limit says it
};

struct QuotaOf {
  static std::uint64_t length(nanoseconds window) { return whole_seconds(Wait::after(window)).value_or(0); }
  Quota operator()(const SlidingWindow& one) const { return {one.limit, length(one.window), {}}; }
  // So much at once, and again after so long.
  Quota operator()(const Gcra& one) const {
    const Wide time =
        Wide{static_cast<std::uint64_t>(std::max<std::int64_t>(one.window.count(), 0))} * one.burst / std::max<Units>(one.count, 1);
    const Wide whole = (time + ns_a_second - 1) / ns_a_second;
    return {one.burst, static_cast<std::uint64_t>(std::min<Wide>(whole, most_units)), {}};
  }
  Quota operator()(const Concurrency& one) const { return {one.limit, 0, "concurrent-requests"}; }
  Quota operator()(const Allowance& one) const { return {one.amount, one.period == Period::day ? 86400U : 0U, {}}; }
};

// first: of the list, behind whatever stands in out.
void append_item(std::string& out, std::string_view name, bool first) {
  if (!first) out += ", ";
  append_string(out, name);
}

// Thousandths, without zeros behind the last digit.
void append_fraction(TextWriter& out, std::uint64_t thousandths) {
  if (thousandths == 0) return;
  out.add(".");
  for (std::uint64_t digit = 100; thousandths > 0; thousandths %= digit, digit /= 10) out.add(thousandths / digit);
}

void append_rate_limit_numbers(TextWriter& out, const Decision& decision) {
  out.add(as_integer(decision.remaining));
  if (const auto reset = whole_seconds(decision.reset)) out.add(";t=").add(as_integer(*reset));
}

// Of milliseconds.
void append_duration(TextWriter& out, std::uint64_t all) {
  if (all > 0 && all < 1000) {
    out.add(all).add("ms");
    return;
  }
  const std::uint64_t whole = all / 1000, minutes = whole / 60, hours = minutes / 60;
  if (hours > 0) out.add(hours).add("h");
  if (minutes > 0) out.add(minutes % 60).add("m");
  out.add(whole % 60);
  append_fraction(out, all % 1000);
  out.add("s");
}

}  // namespace

void append_rate_limit_policy(std::string& out, std::span<const Told> told) {
  for (const Told& one : told) {
    const Quota quota = std::visit(QuotaOf(), *one.limit);
    append_item(out, one.name, &one == told.data());
    append_number(out, ";q=", quota.units);
    if (quota.window_s > 0) append_number(out, ";w=", quota.window_s);
    const std::string_view unit = quota.unit.empty() ? one.unit : quota.unit;
    if (unit.empty()) continue;
    out += ";qu=";
    append_string(out, unit);
  }
}

void append_rate_limit_item(std::string& out, std::string_view name) {
  append_string(out, name);
  out += ";r=";
}

void append_rate_limit(std::string& out, std::span<const Told> told) {
  for (const Told& one : told) {
    if (&one != told.data()) out += ", ";
    append_rate_limit_item(out, one.name);
    TextWriter numbers(out, 2 * most_digits);
    append_rate_limit_numbers(numbers, one.decision);
  }
}

std::string rate_limit_policy(std::span<const Told> told) {
  std::string out;
  append_rate_limit_policy(out, told);
  return out;
}

std::string rate_limit(std::span<const Told> told) {
  std::string out;
  append_rate_limit(out, told);
  return out;
}

std::optional<std::uint64_t> whole_seconds(const Wait& wait) { return rounded_up<ns_a_second>(wait); }

std::optional<std::uint64_t> whole_milliseconds(const Wait& wait) { return rounded_up<ns_a_millisecond>(wait); }

bool worth_a_retry(const Wait& wait) {
  const auto time = wait.time();
  return time ? *time <= patience : !wait.is_never();
}

std::optional<std::string> duration_text(const Wait& wait) {
  const auto all = whole_milliseconds(wait);
  if (!all) return std::nullopt;
  std::string text;
  TextWriter writer(text, most_digits);
  append_duration(writer, *all);
  writer.finish();
  return text;
}

}  // namespace gatehouse::limits
