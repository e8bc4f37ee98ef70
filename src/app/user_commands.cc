#include "user_commands.h"

#include <array>

#include "command_parts.h"
#include "gatehouse/identity/init.h"
#include "gatehouse/identity/scopes.h"
#include "gatehouse/store/records.h"
#include "gatehouse/wire/json/document.h"

namespace gatehouse::app {
namespace {

using Method = wire::Method;

constexpr std::string_view users_path = "/api/admin/users", invitations_path = "/api/admin/invitations", resets_path = "/api/admin/resets";

// Where whoever is made goes when it is not said: administrators of the platform are of the tenant that is theirs.
std::string tenant_of(const UserOptions& user) {
  if (!user.tenant.empty()) return user.tenant;
  return std::string(user.role == store::role_platform_admin ? identity::reserved_tenant : identity::first_tenant);
}

Error no_such_user() { return operator_error("user_not_found", "there is no such user"); }

Result<std::string> id_in(const std::string& users) {
  wire::JsonParser parser;
  GH_TRY(const wire::JsonValue root, parser.parse(users));
  for (const wire::JsonValue& user : root.items()) {
    if (const auto id = user.find("id")) return std::string(id->string());
  }
  return no_such_user();
}

Result<std::string> id_of_user(AdminClient& client, const std::string& who) {
  if (who.empty()) return no_such_user();
  const Result<std::string> by_id = client.ask(Method::get, path_of(users_path, who));
  if (by_id) return who;
  if (by_id.error().reason() != "refused") return by_id.error();
  GH_TRY(const std::string named, client.ask_for_all(std::string(users_path), query_of("username", who), "id"));
  return id_in(named);
}

// One question about somebody; what comes back is printed.
int ask_about(const AdminOptions& options, const std::string& who, Method method, std::string_view behind, const std::string& body = {}) {
  Result<AdminClient> client = open_client(options);
  if (!client) return report(client.error());
  const Result<std::string> id = id_of_user(*client, who);
  if (!id) return report(id.error());
  const Result<std::string> json = client->ask(method, path_of(users_path, *id, behind), body);
  return json ? print_object(options, *json) : report(json.error());
}

void add_secret(Body& body, SecretSource source) {
  if (source == SecretSource::none) return;
  body.text(source == SecretSource::password ? "password" : "password_hash", std::optional<std::string>(read_secret_line().expose()));
}

}  // namespace

int user_create(const AdminOptions& options, const UserOptions& user) {
  Body body;
  body.text("username", user.name);
  body.text("tenant_id", tenant_of(user));
  body.text("email", user.email);
  body.text("role", user.role);
  add_secret(body, user.secret);
  return ask(options, Method::post, std::string(users_path), body.done());
}

int user_list(const AdminOptions& options, const std::string& tenant) {
  static constexpr std::array<std::string_view, 6> columns{"id", "username", "tenant_id", "role", "is_active", "email"};
  return list(options, users_path, query_of("tenant", tenant), "id", columns);
}

int user_show(const AdminOptions& options, const std::string& who) { return ask_about(options, who, Method::get, {}); }

int user_enable(const AdminOptions& options, const std::string& who, bool active) {
  Body body;
  body.value("is_active", std::optional<bool>(active));
  return ask_about(options, who, Method::patch, {}, body.done());
}

int user_set_password(const AdminOptions& options, const std::string& who, SecretSource source) {
  Body body;
  add_secret(body, source);
  return ask_about(options, who, Method::post, "/password", body.done());
}

int user_set_role(const AdminOptions& options, const std::string& who, const std::string& role) {
  Body body;
  body.text("role", role);
  return ask_about(options, who, Method::patch, {}, body.done());
}

int user_delete(const AdminOptions& options, const std::string& who) { return ask_about(options, who, Method::delete_, {}); }

int user_log_out(const AdminOptions& options, const std::string& who) { return ask_about(options, who, Method::delete_, "/sessions"); }

int user_reset(const AdminOptions& options, const std::string& who, const std::string& expires) {
  Body body;
  body.text("expires", expires);
  return ask_about(options, who, Method::post, "/reset", body.done());
}

int user_invite(const AdminOptions& options, const UserOptions& user) {
  Body body;
  body.text("tenant_id", tenant_of(user));
  body.text("email", user.email);
  body.text("role", user.role);
  body.text("expires", user.expires);
  return ask(options, Method::post, std::string(invitations_path), body.done());
}

int user_invitations(const AdminOptions& options, const std::string& tenant) {
  static constexpr std::array<std::string_view, 5> columns{"id", "tenant_id", "role", "email", "expires_at"};
  return list(options, invitations_path, query_of("tenant", tenant), "id", columns);
}

int user_withdraw(const AdminOptions& options, const std::string& invitation) {
  return ask(options, Method::delete_, path_of(invitations_path, invitation));
}

int user_resets(const AdminOptions& options, const std::string& tenant) {
  static constexpr std::array<std::string_view, 4> columns{"id", "tenant_id", "user_id", "expires_at"};
  return list(options, resets_path, query_of("tenant", tenant), "id", columns);
}

int user_withdraw_reset(const AdminOptions& options, const std::string& reset) {
  return ask(options, Method::delete_, path_of(resets_path, reset));
}

}  // namespace gatehouse::app
