// app/configuration.h — from what the command line and the environment say to settings that are known to be right.
// Threads  read_configuration() blocks on the disk
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/config/reading.h"
#include "gatehouse/identity/signing_keys.h"
#include "settings.h"

namespace gatehouse::app {

struct ConfigurationOptions {
  std::string file;  // empty: GATEHOUSE_CONFIG of environment or .env; there need be none
  config::Variables environment;
  std::vector<config::Assignment> said;  // on the command line
};

struct Configuration {
  Settings settings;
  config::Reading reading;  // by key of settings_schema()
  std::string file;         // that was read; empty: none
  bool ok() const { return reading.ok(); }
};

// All that is wrong, in every source, is in reading.faults. ./.env is read where it is.
Configuration read_configuration(const ConfigurationOptions& options);

// Whether some source says something about that key.
bool is_set(const config::Reading& reading, std::string_view key);

// The key that our own tokens are to be signed with; nothing where nobody says it.
std::optional<identity::NewSigningKey> wanted_signing(const Configuration& configuration);

// Faults as lines on standard error; the exit code.
int report(const std::vector<config::Fault>& faults);

// What SIGHUP does with a configuration that was read anew.
struct Reload {
  std::vector<config::Value> in_force;  // by key
  std::vector<std::string> applied;     // keys that have another value now
  std::vector<std::string> waiting;     // keys that have another value after a restart
};
Reload plan_reload(std::span<const config::KeySpec> keys, std::span<const config::Value> in_force, std::span<const config::Value> wanted);

}  // namespace gatehouse::app
