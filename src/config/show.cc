#include "gatehouse/config/show.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "gatehouse/base/decimal.h"

namespace gatehouse::config {
namespace {

constexpr std::string_view hexadecimal = "0123456789abcdef";

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      ((out += "\\u00") += hexadecimal[byte >> 4U]) += hexadecimal[byte & 15U];
    } else {
      out += c;
    }
  }
  return out + '"';
}

struct Writer {
  const KeySpec& key;
  std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  std::string operator()(std::int64_t number) const {
    return key.type == Type::decimal ? decimal_text(number, key.places) : std::to_string(number);
  }
  std::string operator()(const std::string& text) const { return toml_string(text); }
  std::string operator()(const Texts& items) const {
    std::string out;
    for (const std::string& item : items) out += (out.empty() ? "" : ", ") + toml_string(item);
    return "[" + out + "]";
  }
  std::string operator()(const Table& table) const {
    std::string out;
    for (const auto& [name, value] : table) out += (out.empty() ? "" : ", ") + toml_string(name) + " = " + toml_string(value);
    return out.empty() ? "{}" : "{ " + out + " }";
  }
  std::string operator()(const Rows& rows) const {
    std::string out;
    const bool named = key.type == Type::named_tables;
    for (const Row& row : rows) out += (out.empty() ? "" : ", ") + (named ? toml_string(row.name) + " = " : std::string()) + one(row);
    if (named) return out.empty() ? "{}" : "{ " + out + " }";
    return "[" + out + "]";
  }
  template <class Unit>
  std::string operator()(const Unit& unit) const {
    return toml_string(to_text(unit));
  }

 private:
  std::string one(const Row& row) const {
    std::string out;
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      if (row.places[i].source == Source::fallback) continue;
      out += (out.empty() ? "" : ", ") + std::string(last_word(key.fields[i])) + " = " + to_toml(key.fields[i], row.values[i]);
    }
    return "{ " + out + " }";
  }
};

// postgresql://user:PASSWORD@host/name
std::string without_password(const std::string& text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos) return text;
  const std::size_t begin = scheme + 3, end = std::min(text.find_first_of("/?#", begin), text.size());
  const std::size_t at = text.substr(0, end).rfind('@');
  const std::size_t colon = text.find(':', begin);
  if (at == std::string::npos || at < begin || colon >= at) return text;
  return text.substr(0, colon + 1) + std::string(masked) + text.substr(at);
}

// The default with what follows another key as that key's own default says it.
Value fallback_of(std::span<const KeySpec> keys, const KeySpec& key) {
  const auto followed = std::ranges::find(keys, key.follows, &KeySpec::name);
  if (followed == keys.end()) return key.fallback;
  return key.type == Type::texts ? Value(Texts{std::get<std::string>(followed->fallback)}) : followed->fallback;
}

std::string_view table_of(const KeySpec& key) { return std::string_view(key.name).substr(0, key.name.rfind('.')); }

// Table by table, in the order in which they come first; lists of tables behind what stands in the table itself.
template <class WriteKey>
std::string by_table(std::span<const KeySpec> keys, WriteKey write) {
  std::string out;
  Texts written;
  for (const KeySpec& first : keys) {
    const std::string table(table_of(first));
    if (std::ranges::find(written, table) != written.end()) continue;
    written.push_back(table);
    out += "\n[" + table + "]\n";
    for (const bool lists : {false, true}) {
      for (std::size_t i = 0; i < keys.size(); ++i) {
        if (table_of(keys[i]) == table && has_tables(keys[i]) == lists) write(out, i);
      }
    }
  }
  return out;
}

// As a variable has it: lists with commas, texts bare.
std::string to_word(const KeySpec& key, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  std::string out;
  if (const auto* items = std::get_if<Texts>(&value)) {
    for (const std::string& item : *items) out += (out.empty() ? "" : ",") + item;
    return out;
  }
  if (const auto* table = std::get_if<Table>(&value)) {
    for (const auto& [name, text] : *table) out += (out.empty() ? "" : ",") + name + "=" + text;
    return out;
  }
  out = to_toml(key, value);
  std::erase(out, '"');
  return out;
}

std::string as_sentence(std::string text) {
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

void add_comment(std::string& out, const KeySpec& key) {
  out += "\n# " + key.doc + "\n# " + as_sentence(expectation(key) + "; " + std::string(to_text(key.applies)) + ".") + "\n";
}

// As a table that is a comment: no file has one until somebody writes it.
void add_table_example(std::string& out, const KeySpec& key) {
  out += key.type == Type::tables ? "#\n# [[" + key.name + "]]\n" : "#\n# [" + key.name + ".\"NAME\"]\n";
  for (const KeySpec& field : key.fields) {
    out += "# # " + field.doc + " " + as_sentence(expectation(field)) + ".\n";
    out += "# " + std::string(last_word(field)) + " = " + to_toml(field, fallback_of(key.fields, field)) + "\n";
  }
}

void add_line(std::string& out, const KeySpec& key, const Value& value, const Place& place) {
  out += std::string(last_word(key)) + " = " + to_toml(key, shown(key, value)) + "  # " + to_text(place) + "\n";
}

}  // namespace

Value shown(const KeySpec& key, const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text != nullptr) return key.secret && !text->empty() ? std::string(masked) : without_password(*text);
  if (const auto* items = std::get_if<Texts>(&value)) {
    Texts out;
    for (const std::string& item : *items) out.push_back(key.secret ? std::string(masked) : without_password(item));
    return out;
  }
  if (const auto* rows = std::get_if<Rows>(&value)) {
    Rows out = *rows;
    for (Row& row : out) {
      for (std::size_t i = 0; i < row.values.size(); ++i) row.values[i] = shown(key.fields[i], row.values[i]);
    }
    return out;
  }
  return value;
}

std::string to_toml(const KeySpec& key, const Value& value) { return std::visit(Writer{key}, value); }
std::string_view last_word(const KeySpec& key) { return std::string_view(key.name).substr(key.name.rfind('.') + 1); }

std::string_view type_name(Type type) {
  constexpr std::array<std::string_view, 14> names{"bool", "integer", "string", "choice", "list",   "duration", "size",
                                                   "rate", "table",   "file",   "day",    "tables", "decimal",  "named-tables"};
  return names[static_cast<std::size_t>(type)];
}

std::string_view to_text(Applies applies) {
  return applies == Applies::on_reload ? "a reload (SIGHUP) applies a change" : "a restart applies a change";
}

std::string effective_toml(std::span<const KeySpec> keys, const Reading& reading) {
  return by_table(keys, [&](std::string& out, std::size_t i) {
    const auto* rows = std::get_if<Rows>(&reading.values[i]);
    const bool named = keys[i].type == Type::named_tables;
    if (named && rows->empty()) out += "# there is none  # " + to_text(reading.places[i]) + "\n";
    if (rows == nullptr || (rows->empty() && !named)) return add_line(out, keys[i], reading.values[i], reading.places[i]);
    for (const Row& row : *rows) {
      const std::string head = named ? "[" + keys[i].name + "." + toml_string(row.name) + "]" : "[[" + keys[i].name + "]]";
      out += "\n" + head + "  # " + to_text(row.place) + "\n";
      for (std::size_t k = 0; k < row.values.size(); ++k) {
        if (row.places[k].source == Source::fallback) out += "# ";  // said aloud it may mean more than unsaid
        add_line(out, keys[i].fields[k], row.values[k], row.places[k]);
      }
    }
  });
}

std::string example_toml(std::span<const KeySpec> keys) {
  const std::string head =
      "# The configuration of Gatehouse: every key with its default. Take the # away in front of a key to change it, and name the\n"
      "# file: gatehouse serve --config FILE, or GATEHOUSE_CONFIG. `gatehouse config check --config FILE` says what is wrong with it,\n"
      "# `gatehouse config explain` what is in force and why. Made by `gatehouse config example`.\n";
  return head + by_table(keys, [&](std::string& out, std::size_t i) {
           add_comment(out, keys[i]);
           if (has_tables(keys[i])) return add_table_example(out, keys[i]);
           out += "#" + std::string(last_word(keys[i])) + " = " + to_toml(keys[i], fallback_of(keys, keys[i])) + "\n";
         });
}

std::string example_dotenv(std::span<const KeySpec> keys) {
  std::string out =
      "# Settings as variables: copy this file to .env in the folder where Gatehouse is started, or set them in the environment, which\n"
      "# wins over .env as .env wins over the configuration file. Lists are comma-separated or JSON arrays, tables name=value pairs.\n"
      "# Made by `gatehouse config example --env`.\n"
      "\n# The configuration file; there need not be one.\n#GATEHOUSE_CONFIG=gatehouse.toml\n";
  for (const KeySpec& key : keys) {
    if (has_tables(key)) continue;  // of the file alone
    add_comment(out, key);
    for (const Alias& alias : key.aliases) out += "# Also taken from " + alias.variable + ".\n";
    out += "#" + variable_of(key) + "=" + to_word(key, fallback_of(keys, key)) + "\n";
  }
  return out;
}

}  // namespace gatehouse::config
