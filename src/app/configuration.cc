#include "configuration.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <utility>

#include "commands.h"
#include "gatehouse/config/files.h"
#include "strangers.h"

namespace gatehouse::app {
namespace {

constexpr const char* dotenv_name = ".env";

// A file that cannot be read is a fault of its own; what it would have said is missing then.
std::optional<config::Document> document_of(config::Source source, const std::string& name, std::vector<config::Fault>& faults) {
  Result<std::string> text = config::read_text_file(name);
  if (text) return config::Document{name, std::move(*text)};
  const bool may_be_missing = source == config::Source::dotenv && text.error().reason() == "file_missing";
  if (!may_be_missing) faults.emplace_back(config::Place{source, name, 0, 0, {}}, "", text.error().public_text());
  return std::nullopt;
}

std::optional<std::string> idle_secret(const AuthSettings& auth) {
  if (auth.secret.empty() || auth.algorithm == wire::JwsAlgorithm::hs256) return std::nullopt;
  return "auth.secret signs nothing while auth.algorithm is " + std::string(to_string(auth.algorithm)) +
         ": set that to HS256, or, where tokens that it has signed are still about, describe a legacy issuer (docs/ISSUERS.md)";
}

}  // namespace

Configuration read_configuration(const ConfigurationOptions& options) {
  std::vector<config::Fault> faults;
  config::Sources sources;
  sources.environment = options.environment;
  sources.command_line = options.said;
  sources.strangers = strangers();
  std::error_code failed;
  const bool is_folder = std::filesystem::is_directory(dotenv_name, failed);  // people keep Python environments there
  if (!is_folder) sources.dotenv = document_of(config::Source::dotenv, dotenv_name, faults);
  Configuration made;
  made.file = options.file.empty() ? config::named_config_file(sources) : options.file;
  if (!made.file.empty()) sources.file = document_of(config::Source::file, made.file, faults);
  made.reading = config::read(settings_schema().keys(), sources);
  made.settings = settings_schema().settings(made.reading.values);
  std::vector<config::Fault>& all = made.reading.faults;
  all.insert(all.begin(), std::make_move_iterator(faults.begin()), std::make_move_iterator(faults.end()));
  for (config::Fault& fault : cross_check(made.settings, made.reading)) all.push_back(std::move(fault));
  if (std::optional<std::string> idle = idle_secret(made.settings.auth)) made.reading.notes.push_back(std::move(*idle));
  return made;
}

bool is_set(const config::Reading& reading, std::string_view key) {
  const auto& keys = settings_schema().keys();
  const auto at = static_cast<std::size_t>(std::ranges::find(keys, key, &config::KeySpec::name) - keys.begin());
  return reading.places.at(at).source != config::Source::fallback;
}

std::optional<identity::NewSigningKey> wanted_signing(const Configuration& configuration) {
  if (!is_set(configuration.reading, "auth.algorithm")) return std::nullopt;
  const AuthSettings& auth = configuration.settings.auth;
  identity::NewSigningKey wanted(auth.algorithm);
  if (!auth.secret.empty() && auth.algorithm == wire::JwsAlgorithm::hs256) wanted.secret.emplace(auth.secret);
  return wanted;
}

int report(const std::vector<config::Fault>& faults) {
  for (const config::Fault& fault : faults) std::cerr << "gatehouse: " << to_text(fault) << '\n';
  return exit_usage;
}

Reload plan_reload(std::span<const config::KeySpec> keys, std::span<const config::Value> in_force, std::span<const config::Value> wanted) {
  Reload plan;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool changed = in_force[i] != wanted[i], now = keys[i].applies == config::Applies::on_reload;
    if (changed) (now ? plan.applied : plan.waiting).push_back(keys[i].name);
    plan.in_force.push_back(now ? wanted[i] : in_force[i]);
  }
  return plan;
}

}  // namespace gatehouse::app
