// `gatehouse doctor`: what is wrong with an installation, and what to do about it.
#include <algorithm>
#include <iostream>

#include "examine.h"
#include "gatehouse/wire/json/writer.h"
#include "terminal_text.h"
#include "upkeep.h"

namespace gatehouse::app {
namespace {

// A folder that this version has yet to bring up to date is not opened for a token's sake: that would do it.
TokenFacts token_facts(const AdminOptions& options, const Facts& facts, const Settings& settings) {
  const Secret<std::string> token = read_secret_line();
  const std::vector<Check> checks = diagnose(facts);
  for (const char* needed : {"configuration", "store", "schema", "master_key", "signing_keys"}) {
    const auto check = std::ranges::find(checks, needed, &Check::name);
    if (check != checks.end() && check->ok) continue;
    TokenFacts unknown;
    unknown.refusal = std::string("not_checked: what is said of '") + needed + "' comes first";
    return unknown;
  }
  return examine_token(options.data, settings, token);
}

std::string as_json(const std::vector<Check>& checks) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_list();
  for (const Check& check : checks) {
    json.begin_object().member("name", check.name).member("ok", check.ok).member("advice", check.advice).end_object();
  }
  json.end_list();
  return out + "\n";
}

std::string as_text(const std::vector<Check>& checks) {
  std::size_t widest = 0;
  for (const Check& check : checks) widest = std::max(widest, check.name.size());
  std::string text;
  for (const Check& check : checks) {
    text.append(check.ok ? "ok     " : "WRONG  ").append(check.name);
    if (!check.advice.empty()) text.append(widest - check.name.size() + 2, ' ').append(for_terminal(check.advice));
    text += '\n';
  }
  return text;
}

}  // namespace

int doctor(const AdminOptions& options, TokenSource token) {
  const Configuration configuration = read_configuration(options.configuration);
  Facts facts = examine(options.data, configuration);
  if (token == TokenSource::standard_input) facts.token = token_facts(options, facts, configuration.settings);
  const std::vector<Check> checks = diagnose(facts);
  std::cout << (options.output == Output::json ? json_for_terminal(as_json(checks)) : as_text(checks));
  return std::ranges::all_of(checks, &Check::ok) ? exit_well : exit_failed;
}

}  // namespace gatehouse::app
