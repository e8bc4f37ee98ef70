#include "role_commands.h"

#include <array>

#include "command_parts.h"
#include "gatehouse/identity/init.h"

namespace gatehouse::app {
namespace {

using Method = wire::Method;

constexpr std::string_view roles_path = "/api/admin/roles";

std::string tenant_of(const RoleOptions& role) { return role.tenant.empty() ? std::string(identity::first_tenant) : role.tenant; }

std::string target_of(const RoleOptions& role) { return path_of(roles_path, role.name, "?" + query_of("tenant", tenant_of(role))); }

void add_ceiling(Body& body, std::string_view name, const std::string& said) {
  if (!said.empty()) body.raw(name, said == "none" ? std::string_view("null") : std::string_view(said));
}

void add_wishes(Body& body, const RoleOptions& role) {
  body.words("scopes", role.scopes);
  body.words("tasks", role.tasks);
  body.words("models", role.models);
  add_ceiling(body, "max_tokens", role.max_tokens);
  add_ceiling(body, "n", role.n);
  add_ceiling(body, "temperature", role.temperature);
}

}  // namespace

int role_create(const AdminOptions& options, const RoleOptions& role) {
  Body body;
  body.text("name", role.name);
  body.text("tenant_id", tenant_of(role));
  add_wishes(body, role);
  return ask(options, Method::post, std::string(roles_path), body.done());
}

int role_list(const AdminOptions& options, const std::string& tenant) {
  static constexpr std::array<std::string_view, 7> columns{"tenant_id", "name", "scopes", "models", "max_tokens", "n", "temperature"};
  return list(options, roles_path, query_of("tenant", tenant), "id", columns);
}

int role_show(const AdminOptions& options, const RoleOptions& role) { return ask(options, Method::get, target_of(role)); }

int role_set(const AdminOptions& options, const RoleOptions& role) {
  Body body;
  add_wishes(body, role);
  return ask(options, Method::patch, target_of(role), body.done());
}

int role_delete(const AdminOptions& options, const RoleOptions& role) { return ask(options, Method::delete_, target_of(role)); }

}  // namespace gatehouse::app
