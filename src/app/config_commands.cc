// `gatehouse config …`: what is wrong, what is in force and why, and files to begin with.
#include <algorithm>
#include <iostream>
#include <optional>
#include <utility>

#include "admin_client.h"
#include "commands.h"
#include "gatehouse/base/decimal.h"
#include "gatehouse/config/show.h"
#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::app {
namespace {

using config::KeySpec;
using config::Value;

struct JsonValue {
  wire::JsonWriter& json;
  const KeySpec& key;
  void operator()(bool flag) const { json.value(flag); }
  void operator()(std::int64_t number) const {
    key.type == config::Type::decimal ? json.raw(decimal_text(number, key.places)) : json.value(number);
  }
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
  void operator()(const config::Rows& rows) const {
    const bool named = key.type == config::Type::named_tables;
    named ? json.begin_object() : json.begin_list();
    for (const config::Row& row : rows) {
      if (named) json.key(row.name);
      json.begin_object();
      for (std::size_t i = 0; i < row.values.size(); ++i) {
        json.key(last_word(key.fields[i]));
        std::visit(JsonValue{json, key.fields[i]}, row.values[i]);
      }
      json.end_object();
    }
    named ? json.end_object() : json.end_list();
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

struct Findings {
  std::vector<config::Fault> faults;
  std::vector<std::string> notes;
};

void print_findings(const Findings& findings) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("ok", findings.faults.empty()).key("errors").begin_list();
  for (const config::Fault& fault : findings.faults) {
    json.begin_object();
    write_place(json, fault.place);
    json.member("source", to_text(fault.place)).member("key", fault.key).member("message", fault.message).end_object();
  }
  json.end_list().key("notes").begin_list();
  for (const std::string& note : findings.notes) json.value(note);
  json.end_list().end_object();
  std::cout << out << '\n';
}

// The algorithm of the key that signs in that folder.
Result<std::string> signing_algorithm(const std::string& data, const Settings& settings) {
  GH_TRY(AdminClient client, AdminClient::open(data, settings));
  GH_TRY(const std::string keys, client.ask_for_all("/api/admin/signing-keys", {}, "kid"));
  wire::JsonParser parser;
  GH_TRY(const wire::JsonValue list, parser.parse(keys));
  std::string algorithm;
  for (const wire::JsonValue& key : list.items()) {
    if (key.find("signs")->boolean()) algorithm = key.find("algorithm")->string();
  }
  return algorithm;
}

// What a start on that folder would do that nobody may expect.
std::vector<std::string> notes_about(const std::string& data, const Configuration& configuration) {
  if (!is_set(configuration.reading, "auth.algorithm")) return {};
  const Result<std::string> signs = signing_algorithm(data, configuration.settings);
  if (!signs) return {"'" + data + "' cannot be looked at: " + signs.error().public_text()};
  const std::string_view wanted = to_string(configuration.settings.auth.algorithm);
  if (*signs == wanted) return {};
  return {"auth.algorithm is " + std::string(wanted) + ", and the key that signs tokens is for " + *signs +
          ": the next start makes one for " + std::string(wanted) + ", and tokens of the one before it are taken until they expire"};
}

// The default as it stands when nobody says anything at all.
std::vector<Value> defaults() { return config::read(settings_schema().keys(), config::Sources()).values; }

// Tables have none.
std::string named_variable(const KeySpec& key) { return config::has_tables(key) ? std::string() : variable_of(key); }

// The key itself, or what one of its tables may have.
bool is_about(const KeySpec& key, std::string_view name) {
  return key.name == name || std::ranges::find(key.fields, name, &KeySpec::name) != key.fields.end();
}

void explain_as_json(const Configuration& configuration, std::string_view only) {
  const std::vector<KeySpec>& keys = settings_schema().keys();
  const std::vector<Value> unset = defaults();
  std::string out;
  wire::JsonWriter json(out);
  json.begin_list();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const KeySpec& key = keys[i];
    if (!only.empty() && !is_about(key, only)) continue;
    json.begin_object().member("key", key.name).member("type", type_name(key.type)).key("default");
    std::visit(JsonValue{json, key}, shown(key, unset[i]));
    json.key("value");
    std::visit(JsonValue{json, key}, shown(key, configuration.reading.values[i]));
    json.member("source", to_text(configuration.reading.places[i])).member("doc", key.doc).member("must_be", expectation(key));
    json.member_or_null("variable", named_variable(key))
        .member("applies", key.applies == config::Applies::on_reload ? "reload" : "restart");
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
    if (!only.empty() && !is_about(key, only)) continue;
    const std::string variable = named_variable(key);
    std::cout << key.name << " = " << to_toml(key, shown(key, configuration.reading.values[i])) << "   ("
              << to_text(configuration.reading.places[i]) << ")\n    " << key.doc << "\n    Must be " << expectation(key)
              << "; the default is " << to_toml(key, shown(key, unset[i])) << ".\n    "
              << (variable.empty() ? "The configuration file alone sets it" : variable) << "; " << to_text(key.applies) << ".\n";
    for (const KeySpec& field : key.fields) {
      std::cout << "    " << last_word(field) << ": " << field.doc << " It must be " << expectation(field) << "; the default is "
                << to_toml(field, field.fallback) << ".\n";
    }
  }
}

}  // namespace

int config_check(const ConfigurationOptions& options, const std::string& data, Output output) {
  const Configuration configuration = read_configuration(options);
  Findings found;
  found.faults = configuration.reading.faults;
  found.notes = configuration.reading.notes;
  if (!data.empty() && found.faults.empty()) std::ranges::move(notes_about(data, configuration), std::back_inserter(found.notes));
  if (output == Output::json) {
    print_findings(found);
    return found.faults.empty() ? exit_well : exit_usage;
  }
  if (!found.faults.empty()) return report(found.faults);
  std::cout << (configuration.file.empty() ? std::string("there is no configuration file") : configuration.file) << ": nothing is wrong\n";
  for (const std::string& note : found.notes) std::cout << "note: " << note << '\n';
  return exit_well;
}

int config_explain(const ConfigurationOptions& options, const std::string& key, Output output) {
  const std::vector<KeySpec>& keys = settings_schema().keys();
  if (!key.empty() && std::ranges::none_of(keys, [&key](const KeySpec& one) { return is_about(one, key); })) {
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
