#include "question_parts.h"

#include <charconv>

#include "gatehouse/config/units.h"

namespace gatehouse::gateway {
namespace {

// The user of ours who asks; nothing: a tenant's credential, or one of somebody whom we do not know.
std::optional<store::UserId> user_behind(const identity::Principal& who) {
  return who.is_our_users() ? std::optional(store::UserId(who.subject)) : std::nullopt;
}

}  // namespace

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

Result<bool> read_truth(const wire::Form& query, std::string_view name) {
  const std::string_view text = query.find(name).value_or("false");
  if (text == "true" || text == "false") return text == "true";
  return bad_field("/" + std::string(name), "is neither true nor false", "true or false");
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

identity::Actor actor_of(const Question& question) { return identity::actor_behind(*question.who); }

store::TicketKind ticket_kind_of(Action action) {
  const bool reset = action == Action::resets_list || action == Action::reset_delete;
  return reset ? store::TicketKind::password_reset : store::TicketKind::invitation;
}

bool is_about_own_keys(Action action) { return action >= Action::own_keys_list && action <= Action::own_key_rotate; }

identity::KeyHolder holder_of(const Question& question) {
  const identity::Principal& who = *question.who;
  identity::KeyHolder holder(reach_of(question));
  if (!is_about_own_keys(question.action)) return holder;
  // What others say of somebody gives no more than the tenant has; where auth.mode is "off", nobody has granted anything.
  const bool ours = who.token.issuer.empty() && !who.granted.empty();
  holder.grantable = (ours ? who.granted : who.scopes).limited_to(who.role_grants.scopes);
  holder.models = who.models;
  holder.self = user_behind(who);
  if (holder.reach.tenant()) holder.most = who.role_grants;
  if (!who.scopes.has(identity::Scope::tenant_admin) && holder.reach.tenant()) holder.user = holder.self;
  return holder;
}

identity::RoleName role_asked_for(const Question& question) {
  const auto named = question.query.find("tenant");
  return identity::RoleName(named ? TenantId(std::string(*named)) : question.who->tenant, question.parameter);
}

TenantId tenant_of(const Question& question, const std::optional<std::string>& named) {
  return named ? TenantId(*named) : question.who->tenant;
}

}  // namespace gatehouse::gateway
