// app/budget_commands.h — the commands about budgets. Each returns the exit code of the process.
#pragma once
#include <string>

#include "admin_commands.h"

namespace gatehouse::app {

struct BudgetOptions {
  std::string tenant, user, key;  // user and key: ids; empty: not said
  std::string tokens, money;      // one of them, as it was written
  std::string period;
};
// Makes one, or changes the amount of the one that there is for the same, of the same unit and period.
int budget_set(const AdminOptions& options, const BudgetOptions& budget);
int budget_list(const AdminOptions& options, const std::string& tenant);
int budget_show(const AdminOptions& options, const std::string& id);
int budget_delete(const AdminOptions& options, const std::string& id);

}  // namespace gatehouse::app
