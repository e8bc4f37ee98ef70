// app/role_commands.h — the commands about roles. Each returns the exit code of the process.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "admin_commands.h"

namespace gatehouse::app {

struct RoleOptions {
  std::string name, tenant;  // tenant empty: demo
  std::optional<std::vector<std::string>> scopes, tasks, models;
  std::string max_tokens, n, temperature;  // a number, or "none"; empty: not said
};
int role_create(const AdminOptions& options, const RoleOptions& role);
int role_list(const AdminOptions& options, const std::string& tenant);
int role_show(const AdminOptions& options, const RoleOptions& role);
int role_set(const AdminOptions& options, const RoleOptions& role);
int role_delete(const AdminOptions& options, const RoleOptions& role);

}  // namespace gatehouse::app
