#include "budget_commands.h"

#include <array>

#include "command_parts.h"
#include "gatehouse/wire/json/document.h"

namespace gatehouse::app {
namespace {

using Method = wire::Method;

constexpr std::string_view budgets_path = "/api/admin/budgets";

std::string_view unit_of(const BudgetOptions& budget) { return budget.tokens.empty() ? "money" : "tokens"; }

void add_amount(Body& body, const BudgetOptions& budget) { body.raw("amount", budget.tokens.empty() ? budget.money : budget.tokens); }

// Null is the empty text.
bool says(const wire::JsonValue& budget, std::string_view name, std::string_view text) {
  const auto member = budget.find(name);
  return member && (member->is_string() ? member->string() == text : text.empty());
}

// The id of the one that there is already; empty: there is none.
Result<std::string> known_budget(AdminClient& client, const BudgetOptions& wanted) {
  GH_TRY(const std::string all, client.ask_for_all(std::string(budgets_path), query_of("tenant", wanted.tenant), "budget_id"));
  wire::JsonParser parser;
  GH_TRY(const wire::JsonValue root, parser.parse(all));
  for (const wire::JsonValue& budget : root.items()) {
    const bool same = says(budget, "tenant_id", wanted.tenant) && says(budget, "user_id", wanted.user) &&
                      says(budget, "key_id", wanted.key) && says(budget, "unit", unit_of(wanted)) && says(budget, "period", wanted.period);
    if (const auto id = budget.find("budget_id"); same && id) return std::string(id->string());
  }
  return std::string();
}

Result<std::string> set_budget(const AdminOptions& options, const BudgetOptions& budget) {
  GH_TRY(AdminClient client, open_client(options));
  GH_TRY(const std::string known, known_budget(client, budget));
  Body body;
  add_amount(body, budget);
  if (!known.empty()) return client.ask(Method::patch, path_of(budgets_path, known), body.done());
  body.text("tenant_id", budget.tenant);
  body.text("user_id", budget.user);
  body.text("key_id", budget.key);
  body.text("unit", std::string(unit_of(budget)));
  body.text("period", budget.period);
  return client.ask(Method::post, std::string(budgets_path), body.done());
}

}  // namespace

int budget_set(const AdminOptions& options, const BudgetOptions& budget) {
  const Result<std::string> json = set_budget(options, budget);
  return json ? print_object(options, *json) : report(json.error());
}

int budget_list(const AdminOptions& options, const std::string& tenant) {
  static constexpr std::array<std::string_view, 9> columns{"budget_id", "tenant_id", "user_id", "key_id",  "unit",
                                                           "amount",    "period",    "spent",   "reserved"};
  return list(options, budgets_path, query_of("tenant", tenant), "budget_id", columns);
}

int budget_show(const AdminOptions& options, const std::string& id) { return ask(options, Method::get, path_of(budgets_path, id)); }

int budget_delete(const AdminOptions& options, const std::string& id) { return ask(options, Method::delete_, path_of(budgets_path, id)); }

}  // namespace gatehouse::app
