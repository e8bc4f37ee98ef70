#include "budget_cli.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "budget_commands.h"
#include "gatehouse/base/decimal.h"

namespace gatehouse::app {
namespace {

std::string check_tokens(const std::string& said) { return parse_decimal(said, 0) ? "" : "a whole number of tokens"; }
std::string check_money(const std::string& said) { return parse_decimal(said, 9) ? "" : "money with at most 9 decimals, such as 12.5"; }

}  // namespace

void add_budget_commands(CLI::App& root, const AddCommand& add) {
  CLI::App* group = root.add_subcommand("budget", "Say what tenants, users and API keys may spend, and see what is gone");
  group->require_subcommand(1);
  const auto budget = std::make_shared<BudgetOptions>();
  const auto id = std::make_shared<std::string>();
  CLI::App* command =
      add(*group, "set", "Make a budget, or change the amount of the one for the same, of the same unit and period",
          "budget set --tenant tenant-001 --money 12.5 --period month\n  gatehouse budget set --tenant tenant-001 --key ID --tokens 100000 "
          "--period day",
          [budget](const AdminOptions& options) { return budget_set(options, *budget); });
  command->add_option("--tenant", budget->tenant, "Whose it is")->required();
  CLI::Option* user = command->add_option("--user", budget->user, "The id of the user whose it is alone, whatever key they use");
  command->add_option("--key", budget->key, "The id of the API key whose it is alone; with neither, it is the whole tenant's")
      ->excludes(user);
  CLI::App* amount = command->add_option_group("amount", "How much there is");
  amount->add_option("--tokens", budget->tokens, "Tokens of prompts and answers")->check(check_tokens);
  amount->add_option("--money", budget->money, "Money, in the currency that prices are in")->check(check_money);
  amount->require_option(1);
  command->add_option("--period", budget->period, "After which it begins anew, in the tenant's time zone; total is never")
      ->required()
      ->check(CLI::IsMember({"day", "month", "total"}));
  command = add(*group, "list", "Budgets, of all tenants or one, and what is gone of them", "budget list --tenant tenant-001",
                [budget](const AdminOptions& options) { return budget_list(options, budget->tenant); });
  command->add_option("--tenant", budget->tenant, "Of this tenant alone");
  command = add(*group, "show", "One budget", "budget show ID", [id](const AdminOptions& options) { return budget_show(options, *id); });
  command->add_option("id", *id, "The budget's id")->required();
  command = add(*group, "delete", "Remove a budget: what it was of is bounded by the others alone", "budget delete ID",
                [id](const AdminOptions& options) { return budget_delete(options, *id); });
  command->add_option("id", *id, "The budget's id")->required();
}

}  // namespace gatehouse::app
