#include "objects.h"

#include <array>
#include <cstdio>

#include "gatehouse/base/decimal.h"
#include "gatehouse/config/units.h"

namespace gatehouse::gateway {
namespace {

std::string time_text(telemetry::AuditTime time) {
  const auto whole = std::chrono::floor<seconds>(time);
  std::string text = moment_text(whole);
  const std::string fraction = std::to_string(1'000'000 + (time - whole).count());
  return text.insert(text.size() - 1, "." + fraction.substr(1));
}

void write_list(wire::JsonWriter& json, std::string_view name, const std::vector<std::string>& words) {
  json.key(name).begin_list();
  for (const std::string& word : words) json.value(word);
  json.end_list();
}

void write_moment(wire::JsonWriter& json, std::string_view name, const std::optional<store::Moment>& moment) {
  if (moment) {
    json.member(name, moment_text(*moment));
  } else {
    json.member_null(name);
  }
}

template <class T>
void write_maybe(wire::JsonWriter& json, std::string_view name, const std::optional<T>& number) {
  if (number) {
    json.member(name, *number);
  } else {
    json.member_null(name);
  }
}

}  // namespace

std::string moment_text(store::Moment moment) {
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{moment - day};
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02lld:%02lld:%02lldZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<long long>(time.hours().count()),
                static_cast<long long>(time.minutes().count()), static_cast<long long>(time.seconds().count()));
  return text.data();
}

std::string role_id(const TenantId& tenant, std::string_view name) { return std::string(tenant.value()).append("/").append(name); }

void write_members(wire::JsonWriter& json, const store::Tenant& tenant) {
  json.member("tenant_id", tenant.id.value()).member("enabled", tenant.enabled).member("quota_per_day", tenant.quota_per_day);
  write_list(json, "tasks", tenant.tasks);
  write_list(json, "models", tenant.models);
  write_list(json, "scopes", tenant.scopes);
  json.member("console", tenant.console).member("token_lifetime", config::to_text(tenant.token_lifetime));
  json.member("signatures", store::to_string(tenant.signatures)).member("time_zone", tenant.time_zone);
  json.member("weight", tenant.weight);
  json.member("number", tenant.number);
  json.member("created_at", moment_text(tenant.created)).member("version", tenant.version);
}

void write_members(wire::JsonWriter& json, const store::ApiKey& key) {
  json.member("id", key.id.value()).member("tenant_id", key.tenant.value());
  json.member_or_null("user_id", key.user ? key.user->value() : std::string());
  json.member("name", key.name).member("prefix", "gh_" + key.prefix);
  write_list(json, "scopes", key.scopes);
  write_list(json, "models", key.models);
  write_list(json, "cidrs", key.cidrs);
  json.member("signing", key.sealed_signing_secret.has_value());
  json.member("is_active", key.is_active).member("created_at", moment_text(key.created));
  write_moment(json, "expires_at", key.expires);
  write_moment(json, "revoked_at", key.revoked);
  write_moment(json, "last_used_at", key.last_used);
  json.member("usage_count", key.usage_count).member("version", key.version);
}

void write_members(wire::JsonWriter& json, const store::Role& role) {
  json.member("id", role_id(role.tenant, role.name)).member("tenant_id", role.tenant.value()).member("name", role.name);
  write_list(json, "scopes", role.scopes);
  write_list(json, "tasks", role.tasks);
  write_list(json, "models", role.models);
  write_maybe(json, "max_tokens", role.max_tokens);
  write_maybe(json, "n", role.n);
  write_maybe(json, "temperature", role.temperature);
  json.member("created_at", moment_text(role.created)).member("version", role.version);
}

std::string money_text(std::int64_t billionths) { return decimal_text(billionths, money_places); }

void write_members(wire::JsonWriter& json, const BudgetView& view) {
  const store::Budget& budget = view.budget;
  const auto amount = [&budget](std::int64_t units) {
    return budget.unit == store::BudgetUnit::money ? money_text(units) : std::to_string(units);
  };
  json.member("budget_id", budget.id.value()).member("tenant_id", budget.tenant.value());
  json.member_or_null("user_id", budget.user ? budget.user->value() : std::string());
  json.member_or_null("key_id", budget.key ? budget.key->value() : std::string());
  json.member("unit", store::to_string(budget.unit)).member_raw("amount", amount(budget.amount));
  json.member("period", store::to_string(budget.period)).member_raw("spent", amount(view.use.spent));
  json.member_raw("reserved", amount(view.use.reserved));
  write_moment(json, "resets_at", view.resets);
  json.member("created_at", moment_text(budget.created)).member("version", budget.version);
}

void write_members(wire::JsonWriter& json, const store::User& user) {
  json.member("id", user.id.value()).member("username", user.username).member_or_null("email", user.email);
  json.member("is_active", user.is_active).member("is_superuser", user.role == store::role_platform_admin);
  json.member("created_at", moment_text(user.created)).member("updated_at", moment_text(user.updated));
  json.member("tenant_id", user.tenant.value()).member("role", user.role).member("version", user.version);
}

void write_members(wire::JsonWriter& json, const store::Session& session) {
  json.member("id", session.id.value()).member("created_at", moment_text(session.created));
  json.member("last_used_at", moment_text(session.last_used)).member("expires_at", moment_text(session.expires));
  json.member_or_null("address", session.address).member_or_null("user_agent", session.user_agent);
}

void write_members(wire::JsonWriter& json, const store::Ticket& ticket) {
  json.member("id", ticket.id).member("tenant_id", ticket.tenant.value());
  if (ticket.user) {
    json.member("user_id", ticket.user->value());
  } else {
    json.member("role", ticket.role).member_or_null("email", ticket.email);
  }
  json.member("created_at", moment_text(ticket.created)).member("expires_at", moment_text(ticket.expires));
  json.member_or_null("created_by_user_id", ticket.issuer ? std::string_view(ticket.issuer->value()) : std::string_view());
  json.member_or_null("created_by_key_id", ticket.issuer_key ? std::string_view(ticket.issuer_key->value()) : std::string_view());
  // What another tenant's token is called, the platform's above all, is not for those of this one.
  const bool own = ticket.issuer_token && ticket.issuer_token->tenant == ticket.tenant;
  json.member_or_null("created_by_token", own ? std::string_view(ticket.issuer_token->id) : std::string_view());
}

void write_members(wire::JsonWriter& json, const identity::IssuedToken& token) {
  json.member("token", token.token.expose()).member("jti", token.id).member("expires_at", moment_text(token.expires));
}

void write_members(wire::JsonWriter& json, const store::SigningKey& key) {
  json.member("kid", key.kid).member("algorithm", key.algorithm).member("signs", !key.retires.has_value());
  json.member("created_at", moment_text(key.created));
  write_moment(json, "retires_at", key.retires);
}

// The members that other servers' readers know, and behind `details` the rest.
void write_members(wire::JsonWriter& json, const telemetry::AuditRow& row) {
  const telemetry::AuditRecord& record = row.record;
  json.member("id", row.number)
      .member("timestamp", time_text(record.time))
      .member("action_type", record.action)
      .member_or_null("user_id", record.user);
  json.member_or_null("api_key_id", record.key).member_or_null("tenant_id", record.tenant.value());
  json.member_or_null("resource_type", record.resource_type).member_or_null("resource_id", record.resource_id);
  json.member("success", record.outcome == "ok").member("outcome", record.outcome).member_or_null("rule", record.rule);
  json.member_or_null("request_id", record.request_id).member_or_null("task", record.task).member_or_null("model", record.model);
  json.member("tokens", record.prompt_tokens + record.completion_tokens).key("details").begin_object();
  json.member("route", record.route).member("status", record.status).member_or_null("client_ip", record.address);
  json.member("count", record.count).member("prompt_tokens", record.prompt_tokens).member("completion_tokens", record.completion_tokens);
  json.member_or_null("finish", record.finish).member("sequence", row.sequence).member("instance", row.instance);
  json.member("tenant_number", record.tenant_number);
  if (!row.content.empty()) json.member_raw("content", row.content);
  json.end_object();
}

}  // namespace gatehouse::gateway
