#include "admin_commands.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include "command_parts.h"
#include "gatehouse/model/repository.h"
#include "gatehouse/wire/json/copy.h"
#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/json/writer.h"
#include "progress.h"

namespace gatehouse::app {
namespace {

using Method = wire::Method;

constexpr std::string_view tenants_path = "/api/admin/tenants", keys_path = "/api/admin/keys";

// What a server would find in the folders.
std::string models_that_stand_by(const ModelSettings& settings) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_list();
  const std::vector<model::Entry> all = model::scan(model_folders(settings)), newest = model::newest(all);
  for (const model::Entry& entry : all) {
    const bool served = model::has_versions(entry) || std::ranges::find(newest, entry.folder, &model::Entry::folder) != newest.end();
    if (!served) continue;
    const bool well = entry.manifest.ok();
    json.begin_object().member("name", entry.name).member("version", std::to_string(entry.version));
    json.member("kind", well ? to_string(entry.manifest->kind) : "").member("state", well ? "declared" : "failed");
    json.member("reason", well ? "no server runs on this data folder" : entry.manifest.error().public_text()).end_object();
  }
  json.end_list();
  return text;
}

constexpr std::int64_t usual_quota_of_registered = 5000;

std::string tenant_body(const TenantOptions& tenant, bool with_id) {
  Body body;
  if (with_id) body.text("tenant_id", tenant.id);
  // Whoever stands at the command line sells more than whoever has only the interface.
  body.value("quota_per_day", with_id ? std::optional(tenant.quota_per_day.value_or(usual_quota_of_registered)) : tenant.quota_per_day);
  body.words("tasks", tenant.tasks);
  body.words("models", tenant.models);
  body.words("scopes", tenant.scopes);
  body.text("token_lifetime", tenant.token_lifetime);
  body.text("signatures", tenant.signatures);
  body.text("time_zone", tenant.time_zone);
  body.value("weight", tenant.weight);
  body.value("console", tenant.console);
  return body.done();
}

std::string token_body(const Secret<std::string>& token) {
  Body body;
  body.text("token", token.expose());
  return body.done();
}

}  // namespace

Secret<std::string> read_secret_line() {
  std::string line;
  std::getline(std::cin, line);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  return Secret<std::string>(std::move(line));
}

int tenant_register(const AdminOptions& options, const TenantOptions& tenant) {
  return ask(options, Method::post, std::string(tenants_path), tenant_body(tenant, true));
}

int tenant_list(const AdminOptions& options) {
  static constexpr std::array<std::string_view, 5> columns{"tenant_id", "enabled", "quota_per_day", "models", "created_at"};
  return list(options, tenants_path, {}, "tenant_id", columns);
}

int tenant_show(const AdminOptions& options, const std::string& id) { return ask(options, Method::get, path_of(tenants_path, id)); }

int tenant_lexicon(const AdminOptions& options, const std::string& id, const std::string& file, bool clear) {
  const std::string target = path_of(tenants_path, id, "/lexicon");
  if (clear) return ask(options, Method::delete_, target);
  if (file.empty()) return ask(options, Method::get, target);
  std::ifstream in;
  if (file != "-") in.open(file, std::ios::binary);
  std::istream& from = file == "-" ? std::cin : in;
  std::ostringstream read;
  read << from.rdbuf();
  if (!from) return report(operator_error("lexicon_unreadable", "'" + file + "' cannot be read"));
  Body body;
  body.text("lexicon", std::optional(read.str()));
  return ask(options, Method::put, target, body.done());
}

int tenant_set(const AdminOptions& options, const TenantOptions& tenant) {
  return ask(options, Method::patch, path_of(tenants_path, tenant.id), tenant_body(tenant, false));
}

int tenant_enable(const AdminOptions& options, const std::string& id, bool enabled) {
  Body body;
  body.value("enabled", std::optional<bool>(enabled));
  return ask(options, Method::patch, path_of(tenants_path, id), body.done());
}

int tenant_delete(const AdminOptions& options, const std::string& id) { return ask(options, Method::delete_, path_of(tenants_path, id)); }

int key_create(const AdminOptions& options, const KeyOptions& key) {
  Body body;
  body.text("tenant_id", key.tenant);
  body.text("user_id", key.user);
  body.text("name", key.name);
  body.words("scopes", key.scopes);
  body.words("models", key.models);
  body.words("cidrs", key.cidrs);
  body.text("expires", key.expires);
  if (key.signing) body.value("signing", std::optional<bool>(true));
  return ask(options, Method::post, std::string(keys_path), body.done());
}

int key_list(const AdminOptions& options, const std::string& tenant) {
  static constexpr std::array<std::string_view, 7> columns{"id", "tenant_id", "name", "prefix", "is_active", "expires_at", "usage_count"};
  return list(options, keys_path, query_of("tenant", tenant), "id", columns);
}

int key_rotate(const AdminOptions& options, const std::string& id, const std::string& overlap) {
  Body body;
  body.text("overlap", overlap);
  return ask(options, Method::post, path_of(keys_path, id, "/rotate"), body.done());
}

int key_revoke(const AdminOptions& options, const std::string& id) { return ask(options, Method::delete_, path_of(keys_path, id)); }

int token_issue(const AdminOptions& options, const TokenOptions& token) {
  Body body;
  body.text("tenant_id", token.tenant);
  body.text("user_id", token.user);
  body.words("scopes", token.scopes);
  body.text("lifetime", token.lifetime);
  return ask(options, Method::post, "/api/admin/tokens", body.done());
}

int token_revoke(const AdminOptions& options, const RevokeOptions& revoked) {
  if (revoked.jti.empty() && revoked.user.empty() && revoked.issuer.empty() && revoked.tenant.empty()) {
    return ask(options, Method::post, "/api/admin/revocations", token_body(read_secret_line()));
  }
  Body body;
  body.text("jti", revoked.jti);
  body.text("user_id", revoked.user);
  body.text("issuer", revoked.issuer);
  body.text("tenant_id", revoked.tenant);
  return ask(options, Method::post, "/api/admin/revocations", body.done());
}

int token_inspect(const AdminOptions& options) {
  return ask(options, Method::post, "/api/admin/tokens/inspect", token_body(read_secret_line()));
}

int signing_key_list(const AdminOptions& options) {
  static constexpr std::array<std::string_view, 5> columns{"kid", "algorithm", "signs", "created_at", "retires_at"};
  return list(options, "/api/admin/signing-keys", {}, "kid", columns);
}

int signing_key_rotate(const AdminOptions& options, const RotationOptions& rotation) {
  Body body;
  body.text("algorithm", rotation.algorithm);
  body.text("overlap", rotation.overlap);
  return ask(options, Method::post, "/api/admin/signing-keys/rotate", body.done());
}

int usage(const AdminOptions& options, const UsageOptions& used) {
  static constexpr std::array<std::string_view, 7> columns{"tenant_id",         "day", "requests", "quota_per_day", "prompt_tokens",
                                                           "completion_tokens", "cost"};
  std::string query;
  for (const std::string& part : {query_of("tenant", used.tenant), query_of("day", used.day), std::string(used.cost ? "cost=true" : "")}) {
    if (!part.empty()) query.append(query.empty() ? "" : "&").append(part);
  }
  return list(options, "/api/admin/usage", query, "tenant_id", std::span(columns).first(used.cost ? 7 : 6));
}

namespace {

// A model, or a version of it, in a list of models.
struct ModelSeen {
  std::string json, state, reason;
};

// version: empty: the first.
Result<ModelSeen> seen_in(const std::string& list, const std::string& name, const std::string& version) {
  wire::JsonParser parser;
  GH_TRY(const wire::JsonValue root, parser.parse(list));
  for (const wire::JsonValue& model : root.items()) {
    const auto found = model.find("name"), number = model.find("version"), state = model.find("state"), reason = model.find("reason");
    if (!found || !number || !state || !reason || found->string() != name) continue;
    if (!version.empty() && number->string() != version) continue;
    ModelSeen seen;
    wire::JsonWriter json(seen.json);
    wire::copy_json(json, model);
    seen.state = state->string();
    seen.reason = reason->string();
    return seen;
  }
  return operator_error("model_not_found", "the server has no model '" + name + (version.empty() ? "'" : "/" + version + "'") +
                                               " any more: `gatehouse model list` says what there is");
}

Result<std::string> listed_models(AdminClient& client) { return client.ask_for_all("/api/admin/models", {}, "name"); }

std::string text_member(const std::string& json, std::string_view name) {
  wire::JsonParser parser;
  const Result<wire::JsonValue> root = parser.parse(json);
  const auto found = root && root->is_object() ? root->find(name) : std::nullopt;
  return found && found->is_string() ? std::string(found->string()) : std::string();
}

struct ModelWait {
  std::string name, version;
  std::string before;  // its state, before it was asked for
  std::string_view wanted;
};

// Until it is no longer on its way. A draining that waits for long answers is told as it is; so is one that stays as it was before, after a
// while in which the server may not have begun yet.
Result<ModelSeen> wait_for_model(AdminClient& client, const ModelWait& wait) {
  constexpr milliseconds glance{100};
  constexpr std::uint64_t most_glances = 6000, glances_to_begin = 30;
  Progress progress("model");
  for (std::uint64_t i = 0;; ++i) {
    GH_TRY(const std::string list, listed_models(client));
    GH_TRY(ModelSeen seen, seen_in(list, wait.name, wait.version));
    const bool on_its_way = seen.state == "loading" || seen.state == "draining" || (seen.state == wait.before && i < glances_to_begin);
    if (seen.state == wait.wanted || !on_its_way || i >= most_glances) return seen;
    progress.show(std::min<std::uint64_t>(i, 99), 100);
    let_pass(glance);
  }
}

// called: NAME or NAME/VERSION.
Result<std::string> path_of_model(const std::string& called, std::string_view change) {
  const std::size_t slash = called.find('/');
  if (slash == std::string::npos) return path_of("/api/admin/models", called, change);
  const std::string version = called.substr(slash + 1);
  if (version.empty() || version.find_first_not_of("0123456789") != std::string::npos) {
    return operator_error("model_not_found", "'" + called + "' is neither NAME nor NAME/VERSION, such as iris/2");
  }
  return path_of("/api/admin/models", called.substr(0, slash), "/versions/" + version + std::string(change));
}

Result<ModelSeen> change_model(const AdminOptions& options, const std::string& called, std::string_view change, std::string_view wanted) {
  GH_TRY(AdminClient client, open_client(options));
  if (!client.has_server()) return operator_error("no_server", "no server runs on this data folder: its start loads the models");
  GH_TRY(const std::string path, path_of_model(called, change));
  GH_TRY(const std::string before, listed_models(client));
  GH_TRY(const std::string begun, client.ask(Method::post, path));
  ModelWait wait{text_member(begun, "name"), text_member(begun, "version"), {}, wanted};
  if (const Result<ModelSeen> seen = seen_in(before, wait.name, wait.version)) wait.before = seen->state;
  return wait_for_model(client, wait);
}

int print_model(const AdminOptions& options, const Result<ModelSeen>& seen, std::string_view wanted) {
  if (!seen) return report(seen.error());
  print_object(options, seen->json);
  if (seen->state == wanted) return exit_well;
  return report(operator_error("model_not_" + std::string(wanted), seen->reason));
}

}  // namespace

int model_load(const AdminOptions& options, const std::string& name) {
  return print_model(options, change_model(options, name, "/load", "ready"), "ready");
}

int model_unload(const AdminOptions& options, const std::string& name) {
  return print_model(options, change_model(options, name, "/unload", "gone"), "gone");
}

int model_list(const AdminOptions& options) {
  static constexpr std::array<std::string_view, 5> columns{"name", "version", "kind", "state", "reason"};
  const Result<Settings> settings = settings_of(options);
  if (!settings) return report(settings.error());
  Result<AdminClient> client = AdminClient::open(options.data, *settings);
  if (!client) return report(client.error());
  if (!client->has_server()) return print_list(options, models_that_stand_by(settings->models), columns);
  const Result<std::string> json = client->ask_for_all("/api/admin/models", {}, "name");
  if (!json) return report(json.error());
  return print_list(options, *json, columns);
}

}  // namespace gatehouse::app
