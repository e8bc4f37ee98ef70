#include "freshness.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gatehouse::adapters {
namespace {

bool same_name(std::string_view name, std::string_view lower) {
  return std::ranges::equal(name, lower, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t from = std::min(text.find_first_not_of(" \t\""), text.size());
  return text.substr(from, text.find_last_not_of(" \t\"") + 1 - from);
}

// Digits alone; more than fit are very many.
std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (text.empty() || text.front() == '-' || read.ptr != end) return std::nullopt;
  return read.ec == std::errc() ? value : most_fresh.count();
}

// What one directive allows; nothing where it is about something else.
std::optional<std::int64_t> allowed_by(std::string_view directive) {
  const std::size_t equals = std::min(directive.find('='), directive.size());
  const std::string_view name = trimmed(directive.substr(0, equals));
  if (same_name(name, "no-store") || same_name(name, "no-cache")) return 0;
  if (!same_name(name, "max-age") || equals == directive.size()) return std::nullopt;
  return number(trimmed(directive.substr(equals + 1))).value_or(0);
}

}  // namespace

seconds freshness_of(const wire::HttpReply& reply) {
  std::optional<std::int64_t> allowed;
  for (const auto& [name, value] : reply.fields) {
    if (!same_name(name, "cache-control")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (const auto one = allowed_by(rest.substr(0, comma))) allowed = std::min(allowed.value_or(*one), *one);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  if (!allowed) return usually_fresh;
  const std::int64_t age = number(reply.field("age").value_or("0")).value_or(0);
  return std::clamp(seconds(*allowed) - seconds(age), least_fresh, most_fresh);
}

}  // namespace gatehouse::adapters
