#include "question_parts.h"

#include <charconv>

#include "gatehouse/config/units.h"

namespace gatehouse::gateway {

Error bad_field(std::string path, std::string message, std::string expected) {
  std::string text = "'" + path.substr(1) + "' " + message;
  return caller_error("invalid_value", std::move(text)).with_faults({FieldFault(std::move(path), std::move(message), std::move(expected))});
}

Result<std::optional<seconds>> read_duration(const std::optional<std::string>& text, std::string_view field) {
  if (!text) return std::optional<seconds>();
  const std::optional<seconds> duration = config::parse_duration(*text);
  if (!duration) return bad_field(std::string(field), "is no duration", "such as 90d, 24h, 30m or 45s");
  return duration;
}

Result<std::size_t> read_limit(const wire::Form& query) {
  const std::optional<std::string_view> text = query.find("limit");
  if (!text) return std::size_t{100};
  std::size_t limit = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (read.ec != std::errc() || read.ptr != text->data() + text->size() || limit < 1 || limit > 1000) {
    return bad_field("/limit", "is not a number from 1 to 1000", "1 to 1000");
  }
  return limit;
}

std::string read_after(const wire::Form& query) { return std::string(query.find("after").value_or("")); }

Result<store::Day> read_day(const wire::Form& query, WallTime now) {
  const std::optional<std::string_view> text = query.find("day");
  if (!text) return store::Day{std::chrono::floor<std::chrono::days>(now)};
  const std::optional<store::Day> day = store::parse_day(*text);
  if (!day) return bad_field("/day", "is no day", "such as 2026-11-26");
  return *day;
}

store::Reach reach_of(const Question& question) {
  if (question.who->scopes.has(identity::Scope::platform_admin)) return store::Reach::everything();
  return store::Reach::of(question.who->tenant);
}

identity::Actor actor_of(const Question& question) {
  return identity::Actor(reach_of(question), question.who->scopes.has(identity::Scope::platform_admin));
}

TenantId tenant_of(const Question& question, const std::optional<std::string>& named) {
  return named ? TenantId(*named) : question.who->tenant;
}

}  // namespace gatehouse::gateway
