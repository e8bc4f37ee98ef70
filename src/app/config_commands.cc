// `gatehouse config …`: what is wrong, what is in force and why, and files to begin with.
#include <algorithm>
#include <iostream>
#include <utility>

#include "commands.h"
#include "gatehouse/config/show.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::app {
namespace {

using config::KeySpec;
using config::Value;

struct JsonValue {
  wire::JsonWriter& json;
  void operator()(bool flag) const { json.value(flag); }
  void operator()(std::int64_t number) const { json.value(number); }
  void operator()(const std::string& text) const { json.value(text); }
  void operator()(const config::Texts& items) const {
    json.begin_list();
    for (const std::string& item : items) json.value(item);
    json.end_list();
  }
  void operator()(const config::Table& table) const {
    json.begin_object();
    for (const auto& [name, text] : table) json.member(name, text);
    json.end_object();
  }
  template <class Unit>
  void operator()(const Unit& unit) const {
    json.value(config::to_text(unit));
  }
};

void write_place(wire::JsonWriter& json, const config::Place& place) {
  const bool in_file = place.source == config::Source::file || place.source == config::Source::dotenv;
  const auto known = [&json](std::string_view name, bool is_known, auto value) {
    json.key(name);
    is_known ? json.value(value) : json.null();
  };
  known("file", in_file, std::string_view(place.name));
  known("line", place.line > 0, std::uint64_t{place.line});
  known("column", place.line > 0, std::uint64_t{place.column});
}

void print_faults(const std::vector<config::Fault>& faults) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("ok", faults.empty()).key("errors").begin_list();
  for (const config::Fault& fault : faults) {
    json.begin_object();
    write_place(json, fault.place);
    json.member("source", to_text(fault.place)).member("key", fault.key).member("message", fault.message).end_object();
  }
  json.end_list().end_object();
  std::cout << out << '\n';
}

// The default as it stands when nobody says anything at all.
std::vector<Value> defaults() { return config::read(settings_schema().keys(), config::Sources()).values; }

void explain_as_json(const Configuration& configuration, std::string_view only) {
  const std::vector<KeySpec>& keys = settings_schema().keys();
  const std::vector<Value> unset = defaults();
  std::string out;
  wire::JsonWriter json(out);
  json.begin_list();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const KeySpec& key = keys[i];
    if (!only.empty() && key.name != only) continue;
    json.begin_object().member("key", key.name).member("type", type_name(key.type)).key("default");
    std::visit(JsonValue{json}, shown(key, unset[i]));
    json.key("value");
    std::visit(JsonValue{json}, shown(key, configuration.reading.values[i]));
    json.member("source", to_text(configuration.reading.places[i])).member("doc", key.doc).member("must_be", expectation(key));
    json.member("variable", variable_of(key)).member("applies", key.applies == config::Applies::on_reload ? "reload" : "restart");
    json.end_object();
  }
  json.end_list();
  std::cout << out << '\n';
}

void explain_as_text(const Configuration& configuration, std::string_view only) {
  const std::vector<KeySpec>& keys = settings_schema().keys();
  const std::vector<Value> unset = defaults();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const KeySpec& key = keys[i];
    if (!only.empty() && key.name != only) continue;
    std::cout << key.name << " = " << to_toml(shown(key, configuration.reading.values[i])) << "   ("
              << to_text(configuration.reading.places[i]) << ")\n    " << key.doc << "\n    Must be " << expectation(key)
              << "; the default is " << to_toml(shown(key, unset[i])) << ".\n    " << variable_of(key) << "; " << to_text(key.applies)
              << ".\n";
  }
}

}  // namespace

int config_check(const ConfigurationOptions& options, Output output) {
  const Configuration configuration = read_configuration(options);
  const std::vector<config::Fault>& faults = configuration.reading.faults;
  if (output == Output::json) {
    print_faults(faults);
    return faults.empty() ? exit_well : exit_usage;
  }
  if (!faults.empty()) return report(faults);
  std::cout << (configuration.file.empty() ? std::string("there is no configuration file") : configuration.file) << ": nothing is wrong\n";
  for (const std::string& variable : configuration.reading.unused) std::cout << "note: " << variable << " is set, but is no setting\n";
  return exit_well;
}

int config_explain(const ConfigurationOptions& options, const std::string& key, Output output) {
  const std::vector<KeySpec>& keys = settings_schema().keys();
  if (!key.empty() && std::ranges::find(keys, key, &KeySpec::name) == keys.end()) {
    std::cerr << "gatehouse: '" << key << "' is not a known key" << config::suggestion(keys, key) << '\n';
    return exit_usage;
  }
  const Configuration configuration = read_configuration(options);
  if (!configuration.ok()) return report(configuration.reading.faults);
  output == Output::json ? explain_as_json(configuration, key) : explain_as_text(configuration, key);
  return exit_well;
}

int config_print(const ConfigurationOptions& options) {
  const Configuration configuration = read_configuration(options);
  if (!configuration.ok()) return report(configuration.reading.faults);
  std::cout << config::effective_toml(settings_schema().keys(), configuration.reading).substr(1);
  return exit_well;
}

int config_example(Example example) {
  const std::vector<KeySpec>& keys = settings_schema().keys();
  std::cout << (example == Example::toml ? config::example_toml(keys) : config::example_dotenv(keys));
  return exit_well;
}

}  // namespace gatehouse::app
