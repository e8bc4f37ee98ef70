// gateway/admin/objects.h — tenants, roles, keys, budgets, users and use as JSON: one shape wherever they appear.
// Units    moments as 2026-11-26T20:34:02Z, days as 2026-11-26, durations as people write them
#pragma once
#include <optional>
#include <string>
#include <utility>

#include "gatehouse/gateway/budget_uses.h"
#include "gatehouse/identity/tenants.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::gateway {

// Of billionths: what people write as 12.5.
inline constexpr unsigned money_places = 9;
std::string money_text(std::int64_t billionths);

std::string moment_text(store::Moment moment);

// A budget, and what is gone of it in the period that is now.
struct BudgetView {
  BudgetView(store::Budget budget_, BudgetUse use_) : budget(std::move(budget_)), use(use_) {}
  store::Budget budget;
  BudgetUse use;
  std::optional<store::Moment> resets;  // when that period ends; nothing: never
};

// What a role is known by outside of its tenant.
std::string role_id(const TenantId& tenant, std::string_view name);

// The members, into an open object.
void write_members(wire::JsonWriter& json, const store::Tenant& tenant);
void write_members(wire::JsonWriter& json, const store::ApiKey& key);
void write_members(wire::JsonWriter& json, const store::Role& role);
void write_members(wire::JsonWriter& json, const BudgetView& view);
void write_members(wire::JsonWriter& json, const store::User& user);
void write_members(wire::JsonWriter& json, const store::Session& session);
void write_members(wire::JsonWriter& json, const store::Ticket& ticket);
void write_members(wire::JsonWriter& json, const identity::IssuedToken& token);
void write_members(wire::JsonWriter& json, const store::SigningKey& key);

void write_members(wire::JsonWriter& json, const telemetry::AuditRow& row);

template <class T>
std::string object_text(const T& record) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object();
  write_members(json, record);
  json.end_object();
  return text;
}

template <class T>
std::string list_text(const store::Page<T>& page) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().key("data").begin_list();
  for (const T& record : page.data) {
    json.begin_object();
    write_members(json, record);
    json.end_object();
  }
  json.end_list().member("has_more", page.has_more).end_object();
  return text;
}

}  // namespace gatehouse::gateway
