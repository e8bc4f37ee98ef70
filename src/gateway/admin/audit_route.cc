// gateway/admin/audit_route.cc — /api/audit: what was decided, for those whom it is about.
#include <charconv>
#include <utility>

#include "gatehouse/config/units.h"
#include "gatehouse/store/errors.h"
#include "objects.h"
#include "question_parts.h"

namespace gatehouse::gateway {
namespace {

using telemetry::AuditTime;

constexpr std::size_t most_left_out = 100'000;

std::optional<std::int64_t> digits_of(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && number >= 0 ? std::optional(number) : std::nullopt;
}

// 2026-11-26T20:34:02Z, with or without a fraction of up to six digits.
std::optional<AuditTime> parse_moment(std::string_view text) {
  if (text.size() < 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text.back() != 'Z') return std::nullopt;
  const std::optional<store::Day> day = store::parse_day(text.substr(0, 10));
  const auto hours = digits_of(text.substr(11, 2)), minutes = digits_of(text.substr(14, 2)), whole = digits_of(text.substr(17, 2));
  if (!day || !hours || !minutes || !whole || *hours > 23 || *minutes > 59 || *whole > 59) return std::nullopt;
  const std::string_view fraction = text.substr(19, text.size() - 20);
  std::int64_t us = 0;
  if (!fraction.empty()) {
    if (fraction.front() != '.' || fraction.size() < 2 || fraction.size() > 7) return std::nullopt;
    const auto digits = digits_of(std::string(fraction.substr(1)).append(7 - fraction.size(), '0'));
    if (!digits) return std::nullopt;
    us = *digits;
  }
  return std::chrono::sys_days(*day) + std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + seconds(*whole) +
         std::chrono::microseconds(us);
}

// A moment, a day, or how long before now.
Result<std::optional<AuditTime>> read_time(const wire::Form& query, std::string_view name, WallTime now) {
  const std::optional<std::string_view> text = query.find(name);
  if (!text) return std::optional<AuditTime>();
  if (const std::optional<store::Day> day = store::parse_day(*text)) return std::optional<AuditTime>(std::chrono::sys_days(*day));
  if (const std::optional<AuditTime> moment = parse_moment(*text)) return moment;
  if (const std::optional<seconds> ago = config::parse_duration(*text)) {
    return std::optional<AuditTime>(std::chrono::floor<std::chrono::microseconds>(now) - *ago);
  }
  return bad_field("/" + std::string(name), "is no moment", "such as 2026-11-26, 2026-11-26T20:34:02Z or 24h");
}

Result<std::size_t> read_offset(const wire::Form& query) {
  const std::optional<std::string_view> text = query.find("offset");
  if (!text) return std::size_t{0};
  std::size_t offset = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), offset);
  if (read.ec != std::errc() || read.ptr != text->data() + text->size() || offset > most_left_out) {
    return bad_field("/offset", "is not a number from 0 to 100000", "0 to 100000");
  }
  return offset;
}

Result<std::optional<std::int64_t>> read_number_after(const wire::Form& query) {
  const std::optional<std::string_view> text = query.find("after");
  if (!text) return std::optional<std::int64_t>();
  if (const auto number = digits_of(*text); number && *number > 0) return number;
  return bad_field("/after", "is no id of a record", "an id as the records have it");
}

std::optional<std::string> text_of(const wire::Form& query, std::string_view name) {
  const std::optional<std::string_view> text = query.find(name);
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

// What somebody may see of what was asked for. False: nothing of it.
Result<bool> keep_within_reach(const Question& question, store::AuditQuery& query) {
  const identity::Principal& who = *question.who;
  if (who.scopes.has(identity::Scope::platform_admin)) return true;
  // Another tenant's and one that is not there read the same.
  if (query.tenant && *query.tenant != who.tenant) return store::tenant_not_found();
  query.tenant.reset();
  query.tenant_number = who.tenant_number;
  if (!who.is_a_users() || who.scopes.has(identity::Scope::tenant_admin)) return true;
  if (query.user && *query.user != who.subject) return false;
  query.user = who.subject;
  return true;
}

// The tenant that it was asked of, for the record.
std::string whose(const store::AuditQuery& query, const identity::Principal& who) {
  if (query.tenant) return query.tenant->value();
  return query.tenant_number ? who.tenant.value() : "*";
}

}  // namespace

Task<Result<Reply>> Administration::audit(Reactor& reactor, Question question) const {
  store::AuditQuery query;
  const Result<std::size_t> limit = read_limit(question.query), offset = read_offset(question.query);
  if (!limit) co_return limit.error();
  if (!offset) co_return offset.error();
  const auto since = read_time(question.query, "since", clock_.wall()), until = read_time(question.query, "until", clock_.wall());
  if (!since) co_return since.error();
  if (!until) co_return until.error();
  const Result<std::optional<std::int64_t>> after = read_number_after(question.query);
  if (!after) co_return after.error();
  const Result<bool> content = read_truth(question.query, "content");
  if (!content) co_return content.error();
  query.limit = *limit;
  query.offset = *offset;
  query.since = *since;
  query.until = *until;
  query.after = *after;
  query.with_content = *content;
  query.user = text_of(question.query, "user_id");
  query.key = text_of(question.query, "api_key_id");
  if (std::optional<std::string> tenant = text_of(question.query, "tenant_id")) query.tenant = TenantId(std::move(*tenant));
  const Result<bool> some = keep_within_reach(question, query);
  if (!some) co_return some.error();
  if (!*some) co_return Reply(200, list_text(store::Page<telemetry::AuditRow>()));
  const std::string asked_of = whose(query, *question.who);
  const Result<store::Page<telemetry::AuditRow>> page = co_await house_.audit().list(reactor, std::move(query));
  if (!page) co_return page.error();
  // Who reads what others have asked is on record each time.
  if (*content) co_return Reply(200, list_text(*page)).about(asked_of).on_record();
  co_return Reply(200, list_text(*page));
}

}  // namespace gatehouse::gateway
