// config/key.h — what there is to say about one key of the configuration: its name, its type, its default, what it is for.
// Units    range in the unit of the type: as counted, seconds, bytes, the last place of decimals
// Threads  value types
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gatehouse/config/place.h"
#include "gatehouse/config/units.h"

namespace gatehouse::config {

enum class Type : std::uint8_t {
  flag,
  integer,
  text,
  choice,
  texts,
  duration,
  size,
  rate,
  table,
  secret_file,
  day,
  tables,
  decimal,
  named_tables
};

using Texts = std::vector<std::string>;
using Table = std::map<std::string, std::string, std::less<>>;
// One [[table]] of a key that is a list of them, or one [key.name] of a key whose tables have names.
struct Row;
using Rows = std::vector<Row>;
// flag, (integer, decimal), (text, choice, secret_file, day), texts, duration, size, rate, table, (tables, named_tables).
using Value = std::variant<bool, std::int64_t, std::string, Texts, seconds, ByteCount, Rate, Table, Rows>;
struct Row {
  std::string name;           // of one that has a name
  std::vector<Value> values;  // by field of the key
  std::vector<Place> places;  // of those
  Place place;                // where the table begins
  // Wherever it stands.
  friend bool operator==(const Row& a, const Row& b) { return a.name == b.name && a.values == b.values; }
};

struct Range {
  std::int64_t low, high;
};

enum class Applies : std::uint8_t { on_restart, on_reload };

// A variable that people of other servers know. meaning turns its words into ours; null: they are the same.
struct Alias {
  std::string variable;
  std::string (*meaning)(std::string_view) = nullptr;
};

// Looks at one text (each of a list): what is wrong with it, such as "has no port", or nothing.
using TextCheck = std::optional<std::string> (*)(std::string_view);

struct KeySpec {
  std::string name;  // such as "server.limits.head"
  Type type = Type::text;
  Value fallback;  // the default
  std::string doc;
  Range range{0, 0};    // of integers, decimals, durations and sizes
  unsigned places = 0;  // that a decimal may have behind its point
  Texts choices;        // of a choice
  std::string follows;  // a list that nobody sets holds the text of this key; a field of a table, what this field holds
  bool secret = false;  // never shown
  Applies applies = Applies::on_restart;
  TextCheck check = nullptr;
  bool one_will_do = false;  // a list may be written as a text alone
  std::vector<Alias> aliases;
  std::vector<KeySpec> fields;  // of tables: what each of them may have, with names in full: "auth.issuers.name"

  KeySpec& reloads() { return applies = Applies::on_reload, *this; }
  KeySpec& hidden() { return secret = true, *this; }
  KeySpec& unset_follows(std::string key) { return follows = std::move(key), *this; }
  KeySpec& checked(TextCheck with) { return check = with, *this; }
  KeySpec& or_one() { return one_will_do = true, *this; }
  KeySpec& alias(std::string variable, std::string (*meaning)(std::string_view) = nullptr) {
    return aliases.push_back(Alias{std::move(variable), meaning}), *this;
  }
};

// "GATEHOUSE_SERVER_LIMITS_HEAD". Tables are set in the file alone: a variable of that name is refused.
std::string variable_of(const KeySpec& key);
// Whether it is set in the file alone, in tables of its own.
inline bool has_tables(const KeySpec& key) { return key.type == Type::tables || key.type == Type::named_tables; }
// What the key's value must be: "an integer from 1 to 65535". Without what would be refused.
std::string expectation(const KeySpec& key);

}  // namespace gatehouse::config
