#include "explain_command.h"

#include <iostream>

#include "command_parts.h"
#include "gatehouse/wire/json/document.h"
#include "terminal_text.h"

namespace gatehouse::app {
namespace {

std::string explained_text(const wire::JsonValue& object, std::string_view name) {
  const auto found = object.find(name);
  return found && found->is_string() ? for_terminal(found->string()) : std::string();
}

void add_parameters(Body& body, const ExplainOptions& asked) {
  if (asked.max_tokens.empty() && asked.n.empty() && asked.temperature.empty()) return;
  Body parameters;
  if (!asked.max_tokens.empty()) parameters.raw("max_tokens", asked.max_tokens);
  if (!asked.n.empty()) parameters.raw("n", asked.n);
  if (!asked.temperature.empty()) parameters.raw("temperature", asked.temperature);
  body.raw("parameters", parameters.done());
}

}  // namespace

std::string explanation_as_text(std::string_view json) {
  wire::JsonParser parser;
  const Result<wire::JsonValue> root = parser.parse(json);
  if (!root || !root->is_object()) return {};
  std::string text;
  const auto checks = root->find("checks"), allowed = root->find("allowed"), status = root->find("status");
  if (!checks || !checks->is_list() || !allowed || !status) return {};
  for (const wire::JsonValue& check : checks->items()) {
    const auto passed = check.find("passed");
    text.append(passed && passed->boolean() ? "passed   " : "refused  ").append(explained_text(check, "check"));
    const std::string detail = explained_text(check, "detail");
    text.append(detail.empty() ? "" : ": ").append(detail).append("\n");
  }
  text.append(allowed->boolean() ? "allowed" : "refused with ");
  if (!allowed->boolean()) text.append(std::to_string(status->as_int64().value_or(0)));
  const std::string rule = explained_text(*root, "rule");
  return text.append(rule.empty() ? "" : " by the rule ").append(rule).append("\n");
}

int explain(const AdminOptions& options, const ExplainOptions& asked) {
  Body body;
  body.text("credential", std::optional<std::string>(read_secret_line().expose()));
  body.text("route", asked.route);
  body.text("model", asked.model);
  body.text("address", asked.address);
  add_parameters(body, asked);
  Result<AdminClient> client = open_client(options);
  if (!client) return report(client.error());
  const Result<std::string> json = client->ask(wire::Method::post, "/api/admin/explain", body.done());
  if (!json) return report(json.error());
  std::cout << (options.output == Output::json ? json_for_terminal(*json) + "\n" : explanation_as_text(*json));
  return exit_well;
}

}  // namespace gatehouse::app
