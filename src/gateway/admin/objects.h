// gateway/admin/objects.h — tenants, keys, users and use as JSON: one shape wherever they appear.
// Units    moments as 2026-11-26T20:34:02Z, days as 2026-11-26, durations as people write them
#pragma once
#include <string>

#include "gatehouse/identity/tenants.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::gateway {

std::string moment_text(store::Moment moment);

// The members, into an open object.
void write_members(wire::JsonWriter& json, const store::Tenant& tenant);
void write_members(wire::JsonWriter& json, const store::ApiKey& key);
void write_members(wire::JsonWriter& json, const store::User& user);
void write_members(wire::JsonWriter& json, const store::Session& session);
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
