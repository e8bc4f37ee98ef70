// app/admin_commands.h — the commands about tenants, keys, tokens and use. Each returns the exit code of the process.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "commands.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::app {

struct AdminOptions {
  std::string data = "./data";
  ConfigurationOptions configuration;
  Output output = Output::text;
};

struct TenantOptions {
  std::string id;
  std::optional<std::int64_t> quota_per_day, weight;
  std::optional<std::vector<std::string>> tasks, models, scopes;
  std::optional<std::string> token_lifetime, signatures, time_zone;
  std::optional<bool> console;
};
int tenant_register(const AdminOptions& options, const TenantOptions& tenant);
int tenant_list(const AdminOptions& options);
// file: "-" is the standard input; empty: shows what there is.
int tenant_lexicon(const AdminOptions& options, const std::string& id, const std::string& file, bool clear);
int tenant_show(const AdminOptions& options, const std::string& id);
int tenant_set(const AdminOptions& options, const TenantOptions& tenant);
int tenant_enable(const AdminOptions& options, const std::string& id, bool enabled);
int tenant_delete(const AdminOptions& options, const std::string& id);

struct KeyOptions {
  std::string tenant, user, name;
  std::vector<std::string> scopes, models, cidrs;
  std::string expires;
  bool signing = false;
};
int key_create(const AdminOptions& options, const KeyOptions& key);
int key_list(const AdminOptions& options, const std::string& tenant);
int key_rotate(const AdminOptions& options, const std::string& id, const std::string& overlap);
int key_revoke(const AdminOptions& options, const std::string& id);

struct TokenOptions {
  std::string tenant, user;
  std::vector<std::string> scopes;
  std::string lifetime;
};
int token_issue(const AdminOptions& options, const TokenOptions& token);
// A token by its jti, or all of a user (of an outside issuer) or a tenant; nothing said: a token on standard input.
struct RevokeOptions {
  std::string jti, user, issuer, tenant;
};
int token_revoke(const AdminOptions& options, const RevokeOptions& revoked);
int token_inspect(const AdminOptions& options);

struct RotationOptions {
  std::string algorithm, overlap;
};
int signing_key_list(const AdminOptions& options);
int signing_key_rotate(const AdminOptions& options, const RotationOptions& rotation);
// One line of standard input, without what ends it.
Secret<std::string> read_secret_line();

struct UsageOptions {
  std::string tenant, day;  // empty: all, and today
  bool cost = false;
};
int usage(const AdminOptions& options, const UsageOptions& used);
int model_list(const AdminOptions& options);
// name: NAME or NAME/VERSION. Waits for what comes of it, and says why where it is not what was asked for.
int model_load(const AdminOptions& options, const std::string& name);
int model_unload(const AdminOptions& options, const std::string& name);

}  // namespace gatehouse::app
