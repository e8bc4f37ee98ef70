#include "gatehouse/store/checks.h"

#include <algorithm>

#include "gatehouse/store/errors.h"

namespace gatehouse::store {
namespace {

constexpr std::size_t longest_id = 64, longest_name = 100, longest_entry = 200, most_entries = 1000;
constexpr std::size_t longest_revoked = 400;  // an issuer's name and what that calls a token or somebody
constexpr std::size_t longest_value = 1024 * 1024;
constexpr std::size_t longest_answer = 2 * 1024 * 1024;
constexpr std::uint32_t most_tokens = 1'000'000'000, most_choices = 1000;
constexpr double highest_temperature = 2;
constexpr std::size_t longest_role = 63;
constexpr std::int64_t largest_amount = 1'000'000'000'000'000'000;
constexpr std::size_t shortest_username = 3, longest_username = 50;  // characters
constexpr std::size_t longest_email = 254, longest_hash = 512, longest_sealed = 16 * 1024, longest_agent = 200;

struct Lengths {
  std::size_t least, most;  // bytes
};

Status check_text(std::string_view field, std::string_view text, Lengths lengths) {
  if (text.size() < lengths.least) return record_invalid(field, "must not be empty");
  if (text.size() > lengths.most) return record_invalid(field, "must have at most " + std::to_string(lengths.most) + " bytes");
  if (text.find('\0') != std::string_view::npos) return record_invalid(field, "must not hold a NUL");
  return ok();
}

Status check_id(std::string_view field, std::string_view id) { return check_text(field, id, {1, longest_id}); }

Status check_list(std::string_view field, const std::vector<std::string>& list) {
  if (list.size() > most_entries) return record_invalid(field, "must have at most " + std::to_string(most_entries) + " entries");
  for (const std::string& entry : list) GH_CHECK(check_text(field, entry, {1, longest_entry}));
  return ok();
}

Status check_sealed(std::string_view field, std::string_view bytes) {
  const bool fits = !bytes.empty() && bytes.size() <= longest_sealed;
  return fits ? ok() : Status(record_invalid(field, "must have 1 to " + std::to_string(longest_sealed) + " bytes"));
}

Status check_count(std::string_view field, std::int64_t count) {
  return count >= 0 ? ok() : Status(record_invalid(field, "must not be negative"));
}

bool is_prefix(std::string_view text) {
  return text.size() == 8 && std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

// What people are known by, wherever it is shown: one line, and as long as it looks.
Status check_name(std::string_view field, std::string_view name) {
  if (std::ranges::any_of(name, is_control)) return record_invalid(field, "must not hold control characters");
  if (name.starts_with(' ') || name.ends_with(' ')) return record_invalid(field, "must not begin or end with a blank");
  return ok();
}

Status check_username(std::string_view name) {
  const auto characters = name.size() - static_cast<std::size_t>(std::ranges::count_if(name, continues_character));
  if (characters < shortest_username || characters > longest_username) {
    return record_invalid("username",
                          "must have " + std::to_string(shortest_username) + " to " + std::to_string(longest_username) + " characters");
  }
  return check_name("username", name);
}

bool is_role_name(std::string_view name) {
  const auto letter_or_digit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= longest_role && letter_or_digit(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

Status check_role(std::string_view role) {
  if (is_role_name(role)) return ok();
  return record_invalid("role", "must be member, tenant-admin, platform-admin or the name of a role");
}

Status check_ceiling(std::string_view field, const std::optional<std::uint32_t>& ceiling, std::uint32_t most) {
  if (!ceiling || (*ceiling >= 1 && *ceiling <= most)) return ok();
  return record_invalid(field, "must be from 1 to " + std::to_string(most));
}

bool is_date(Day day) { return day.ok() && day.year() > std::chrono::year(0) && day.year() <= std::chrono::year(9999); }

}  // namespace

Status check(const Tenant& tenant) {
  GH_CHECK(check_id("id", tenant.id.value()));
  GH_CHECK(check_list("tasks", tenant.tasks));
  GH_CHECK(check_list("models", tenant.models));
  GH_CHECK(check_list("scopes", tenant.scopes));
  GH_CHECK(check_count("quota_per_day", tenant.quota_per_day));
  if (tenant.token_lifetime < seconds(1)) return record_invalid("token_lifetime", "must be a second at least");
  if (tenant.weight < 1 || tenant.weight > store::heaviest_tenant)
    return record_invalid("weight", "must be from 1 to " + std::to_string(store::heaviest_tenant));
  return check_id("time_zone", tenant.time_zone);
}

Status check(const Role& role) {
  GH_CHECK(check_id("tenant_id", role.tenant.value()));
  if (is_built_in(role.name)) return record_invalid("name", "is that of a role that every tenant has: choose another");
  if (!is_role_name(role.name)) {
    return record_invalid("name", "must be 1 to 63 of a-z, 0-9, '.', '_' and '-', and begin with a letter or digit");
  }
  GH_CHECK(check_list("scopes", role.scopes));
  GH_CHECK(check_list("tasks", role.tasks));
  GH_CHECK(check_list("models", role.models));
  GH_CHECK(check_ceiling("max_tokens", role.max_tokens, most_tokens));
  GH_CHECK(check_ceiling("n", role.n, most_choices));
  if (!role.temperature || (*role.temperature >= 0 && *role.temperature <= highest_temperature)) return ok();
  return record_invalid("temperature", "must be from 0 to 2");
}

Status check(const User& user) {
  GH_CHECK(check_id("id", user.id.value()));
  GH_CHECK(check_id("tenant_id", user.tenant.value()));
  GH_CHECK(check_username(user.username));
  GH_CHECK(check_text("email", user.email, {0, longest_email}));
  GH_CHECK(check_name("email", user.email));
  GH_CHECK(check_text("password_hash", user.password_hash, {0, longest_hash}));
  return check_role(user.role);
}

Status check(const Session& session) {
  GH_CHECK(check_id("id", session.id.value()));
  GH_CHECK(check_id("user_id", session.user.value()));
  GH_CHECK(check_text("address", session.address, {0, longest_id}));
  GH_CHECK(check_text("user_agent", session.user_agent, {0, longest_agent}));
  if ((session.generation > 0) != session.used.has_value()) return record_invalid("generation", "must be 0 as long as no token was used");
  return ok();
}

namespace {

Status check_giver(const TokenGiver& giver) {
  GH_CHECK(check_id("issuer_tenant", giver.tenant.value()));
  if (!giver.issuer.empty()) GH_CHECK(check_id("issuer_name", giver.issuer));
  const bool known =
      giver.kind == RevocationKind::user || giver.kind == RevocationKind::token_id || giver.kind == RevocationKind::token_sha256;
  if (!known) return record_invalid("issuer_kind", "must be a token's or a user's");
  return check_text("issuer_id", giver.id, {1, longest_revoked});
}

}  // namespace

Status check(const Ticket& ticket) {
  GH_CHECK(check_id("id", ticket.id));
  GH_CHECK(check_id("tenant_id", ticket.tenant.value()));
  if ((ticket.kind == TicketKind::password_reset) != ticket.user.has_value())
    return record_invalid("user_id", "must be there to set a password");
  if (ticket.user) GH_CHECK(check_id("user_id", ticket.user->value()));
  if (ticket.issuer) GH_CHECK(check_id("issuer", ticket.issuer->value()));
  if (ticket.issuer_key) GH_CHECK(check_id("issuer_key", ticket.issuer_key->value()));
  if (ticket.issuer_token) GH_CHECK(check_giver(*ticket.issuer_token));
  GH_CHECK(check_text("email", ticket.email, {0, longest_email}));
  return check_role(ticket.role);
}

Status check(const ApiKey& key) {
  GH_CHECK(check_id("id", key.id.value()));
  GH_CHECK(check_id("tenant_id", key.tenant.value()));
  if (key.user) GH_CHECK(check_id("user_id", key.user->value()));
  GH_CHECK(check_text("name", key.name, {0, longest_name * 4}));
  if (!is_prefix(key.prefix)) return record_invalid("prefix", "must be 8 lower-case hexadecimal digits");
  if (key.sealed_signing_secret) GH_CHECK(check_sealed("sealed_signing_secret", *key.sealed_signing_secret));
  if (key.previous && key.previous->sealed_signing_secret) {
    GH_CHECK(check_sealed("sealed_signing_secret", *key.previous->sealed_signing_secret));
  }
  GH_CHECK(check_list("scopes", key.scopes));
  GH_CHECK(check_list("models", key.models));
  GH_CHECK(check_list("cidrs", key.cidrs));
  return check_count("usage_count", key.usage_count);
}

Status check(const KeyUse& use) { return check_count("usage_count", use.count); }

Status check(const IdempotentCall& call) {
  if (call.tenant_number == 0) return record_invalid("tenant_number", "must be from 1 on");
  const bool begins = call.state == CallState::in_flight && call.sealed_answer.empty();
  return begins ? ok() : Status(record_invalid("state", "must be that of a call which begins"));
}

Status check_sealed_answer(const std::string& bytes) {
  const bool fits = !bytes.empty() && bytes.size() <= longest_answer;
  return fits ? ok() : Status(record_invalid("sealed_answer", "must have 1 to " + std::to_string(longest_answer) + " bytes"));
}

Status check(const SigningKey& key) {
  GH_CHECK(check_id("kid", key.kid));
  GH_CHECK(check_id("alg", key.algorithm));
  GH_CHECK(check_sealed("sealed_private", key.sealed_private));
  return check_text("public_jwk", key.public_jwk, {2, longest_value});
}

Status check(const Revocation& revocation) { return check_text("id", revocation.id, {1, longest_revoked}); }

Status check(const UsageRow& row) {
  GH_CHECK(check_id("tenant_id", row.tenant.value()));
  if (!is_date(row.day)) return record_invalid("day", "must be a date");
  GH_CHECK(check_text("model", row.model.value(), {1, longest_entry}));
  GH_CHECK(check_id("task", row.task));
  GH_CHECK(check_count("requests", row.requests));
  GH_CHECK(check_count("prompt_tokens", row.prompt_tokens));
  GH_CHECK(check_count("completion_tokens", row.completion_tokens));
  GH_CHECK(check_count("cached_tokens", row.cached_tokens));
  return check_count("cost", row.cost);
}

Status check(const Budget& budget) {
  GH_CHECK(check_id("id", budget.id.value()));
  GH_CHECK(check_id("tenant_id", budget.tenant.value()));
  if (budget.user && budget.key) return record_invalid("key_id", "must not stand beside a user_id: a budget is of one of them");
  if (budget.user) GH_CHECK(check_id("user_id", budget.user->value()));
  if (budget.key) GH_CHECK(check_id("key_id", budget.key->value()));
  if (budget.amount >= 1 && budget.amount <= largest_amount) return ok();
  return record_invalid("amount", "must be from 1 to " + std::to_string(largest_amount) + " tokens, or billionths");
}

// One row after the other is checked where it is added.
Status check(const LedgerBatch& batch) {
  GH_CHECK(check_id("writer", batch.writer));
  if (batch.number < 1) return record_invalid("number", "must be from 1 on");
  for (const BudgetSpend& spend : batch.spent) {
    GH_CHECK(check_count("period", spend.period));
    GH_CHECK(check_count("units", spend.units));
  }
  return ok();
}

Status check_setting(const std::string& name, const std::string& value) {
  GH_CHECK(check_id("name", name));
  return check_text("value", value, {0, longest_value});
}

}  // namespace gatehouse::store
