#include "role_cli.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>

#include "explain_command.h"
#include "role_commands.h"

namespace gatehouse::app {
namespace {

// What was said of a role; lists are taken over where their option stands there, because an empty one says something, too.
struct RoleLine {
  RoleOptions role;
  std::vector<std::string> scopes, tasks, models;
};

bool is_number(const std::string& text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const bool padded = text.size() > 1 && text.front() == '0' && text[1] != '.';
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && digit(text.front()) && digit(text.back()) && !padded;
}

std::string check_ceiling(const std::string& said) { return said == "none" || is_number(said) ? "" : "a number, or none for no ceiling"; }

void add_name(CLI::App* command, RoleLine& line) {
  command->add_option("name", line.role.name, "Its name, such as analyst")->required();
  command->add_option("--tenant", line.role.tenant, "Whose it is; without, demo");
}

void add_wishes(CLI::App* command, RoleLine& line) {
  const auto words = [command](const char* option, std::vector<std::string>& into, const char* help) {
    command->add_option(option, into, help)->delimiter(',')->allow_extra_args(false);
  };
  words("--scopes", line.scopes, "What it may be used for; without, what members may do");
  words("--tasks", line.tasks, "Tasks of NLU, such as ner,re; without, all");
  words("--models", line.models, "Models that it may use; without, all that its tenant has");
  command->add_option("--max-tokens", line.role.max_tokens, "That a request may ask for at most, or none")->check(check_ceiling);
  command->add_option("--n", line.role.n, "Answers that a request may ask for at most, or none")->check(check_ceiling);
  command->add_option("--temperature", line.role.temperature, "That a request may ask for at most, or none")->check(check_ceiling);
  command->parse_complete_callback([command, &line] {
    for (std::vector<std::string>* some : {&line.scopes, &line.tasks, &line.models}) std::erase(*some, std::string());  // "" is none
    if (command->count("--scopes") > 0) line.role.scopes = line.scopes;
    if (command->count("--tasks") > 0) line.role.tasks = line.tasks;
    if (command->count("--models") > 0) line.role.models = line.models;
  });
}

std::string check_number(const std::string& said) { return is_number(said) ? "" : "a number"; }

}  // namespace

void add_explain_command(CLI::App& root, const AddCommand& add) {
  const auto asked = std::make_shared<ExplainOptions>();
  const auto source = std::make_shared<std::string>();
  CLI::App* command = add(root, "explain", "Say what would be decided about a request, and by which rule, without doing it",
                          "explain --credential - --route \"POST /v1/chat/completions\" --max-tokens 4096 < key.txt",
                          [asked, source](const AdminOptions& options) { return explain(options, *asked); });
  command->add_option("--credential", *source, "-: read an API key or a token on standard input; it is not kept, and this is no use of it")
      ->required()
      ->check([](const std::string& said) {
        return said == "-" ? "" : "others would see a credential here: say - and give it on standard input";
      });
  command->add_option("--route", asked->route, "A method and a path")->required();
  command->add_option("--model", asked->model, "The model that it would name; without, the default");
  command->add_option("--address", asked->address, "Where it would come from; without, that is not looked at");
  command->add_option("--max-tokens", asked->max_tokens, "What it would ask for")->check(check_number);
  command->add_option("--n", asked->n, "What it would ask for")->check(check_number);
  command->add_option("--temperature", asked->temperature, "What it would ask for")->check(check_number);
}

void add_role_commands(CLI::App& root, const AddCommand& add) {
  CLI::App* group = root.add_subcommand("role", "Make roles of a tenant's own, and change what they give");
  group->require_subcommand(1);
  const auto line = std::make_shared<RoleLine>();
  CLI::App* command =
      add(*group, "create", "Make a role of a tenant's own", "role create analyst --tenant tenant-001 --scopes llm --max-tokens 256",
          [line](const AdminOptions& options) { return role_create(options, line->role); });
  add_name(command, *line);
  add_wishes(command, *line);
  command =
      add(*group, "set", "Change a role; who has it is held to that at once", "role set analyst --tenant tenant-001 --temperature none",
          [line](const AdminOptions& options) { return role_set(options, line->role); });
  add_name(command, *line);
  add_wishes(command, *line);
  command = add(*group, "list", "Own roles, of all tenants or one", "role list --tenant tenant-001",
                [line](const AdminOptions& options) { return role_list(options, line->role.tenant); });
  command->add_option("--tenant", line->role.tenant, "Of this tenant alone");
  command = add(*group, "show", "One role", "role show analyst --tenant tenant-001",
                [line](const AdminOptions& options) { return role_show(options, line->role); });
  add_name(command, *line);
  command = add(*group, "delete", "Remove a role that no user has", "role delete analyst --tenant tenant-001",
                [line](const AdminOptions& options) { return role_delete(options, line->role); });
  add_name(command, *line);
}

}  // namespace gatehouse::app
