#include "toml_text.h"

#include <toml++/toml.h>

#include <algorithm>
#include <string>
#include <utility>

#include "convert.h"

namespace gatehouse::config {
namespace {

std::string_view kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

std::string day_text(const toml::date& day) {
  const auto padded = [](unsigned number, std::size_t width) {
    const std::string digits = std::to_string(number);
    return std::string(width > digits.size() ? width - digits.size() : 0, '0') + digits;
  };
  return padded(day.year, 4) + "-" + padded(day.month, 2) + "-" + padded(day.day, 2);
}

class Walk {
 public:
  Walk(const Document& document, Resolver& resolver) : document_(document), resolver_(resolver) {}

  // prefix: empty, or "server.".
  void table(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      if (resolver_.full()) return;
      const std::string name = prefix + std::string(key.str());
      if (const std::optional<std::size_t> known = resolver_.find(name)) {
        resolver_.take(*known, value(resolver_.keys()[*known], node), place(node.source()));
      } else if (!is_table_of_keys(name)) {
        resolver_.fault(place(key.source()), name, unknown(name));
      } else if (const toml::table* inner = node.as_table()) {
        this->table(*inner, name + ".");
      } else {
        resolver_.fault(place(node.source()), name, name + " must be a table, not " + std::string(kind_of(node)));
      }
    }
  }

  Place place(const toml::source_region& at) const {
    return Place{Source::file, document_.name, static_cast<std::uint32_t>(at.begin.line), static_cast<std::uint32_t>(at.begin.column), {}};
  }

 private:
  bool is_table_of_keys(const std::string& name) const {
    return std::ranges::any_of(resolver_.keys(), [&](const KeySpec& key) { return key.name.starts_with(name + "."); });
  }
  std::string unknown(const std::string& name) const {
    return in_quotes(name) + " is not a known key" + suggestion(resolver_.keys(), name);
  }

  Result<Value> value(const KeySpec& key, const toml::node& node) {
    if (key.type == Type::flag) {
      const auto written = node.value_exact<bool>();
      return written ? Result<Value>(Value(*written)) : unfit(key, kind_of(node));
    }
    if (key.type == Type::integer) {
      const auto written = node.value_exact<std::int64_t>();
      return written ? from_integer(key, *written) : unfit(key, kind_of(node));
    }
    if (key.type == Type::decimal) {
      if (const auto whole = node.value_exact<std::int64_t>()) return from_text(key, std::to_string(*whole));
      const auto written = node.value_exact<double>();
      return written ? from_number(key, *written) : unfit(key, kind_of(node));
    }
    if (key.type == Type::texts) return list(key, node);
    if (key.type == Type::tables) return rows(key, node);
    if (key.type == Type::named_tables) return named_rows(key, node);
    if (const auto day = node.value_exact<toml::date>(); day && key.type == Type::day) return from_string(key, day_text(*day));
    if (key.type == Type::table) return table_of_texts(key, node);
    const auto written = node.value_exact<std::string>();
    return written ? from_string(key, *written) : unfit(key, kind_of(node));
  }

  // Items that are no texts are faults of their own, each where it stands; so are those that the key's check refuses.
  Result<Value> list(const KeySpec& key, const toml::node& node) {
    if (const auto one = node.value_exact<std::string>(); one && key.one_will_do) return from_list(key, {*one});
    const toml::array* items = node.as_array();
    if (items == nullptr) return unfit(key, kind_of(node));
    Texts good;
    for (const toml::node& item : *items) {
      const auto written = item.value_exact<std::string>();
      Result<Value> checked = written ? from_list(key, {*written}) : unfit(key, "one with " + std::string(kind_of(item)));
      if (checked) {
        good.push_back(*written);
      } else {
        resolver_.fault(place(item.source()), key.name, checked.error().public_text());
      }
    }
    return Value(std::move(good));
  }

  Result<Value> table_of_texts(const KeySpec& key, const toml::node& node) {
    const toml::table* entries = node.as_table();
    if (entries == nullptr) return unfit(key, kind_of(node));
    Table good;
    for (const auto& [name, entry] : *entries) {
      if (const auto written = entry.value_exact<std::string>()) {
        good[std::string(name.str())] = *written;
      } else {
        const std::string what = unfit(key, "one with " + std::string(kind_of(entry))).public_text();
        resolver_.fault(place(entry.source()), key.name + "." + std::string(name.str()), what);
      }
    }
    return Value(std::move(good));
  }

  Result<Value> rows(const KeySpec& key, const toml::node& node) {
    const toml::array* tables = node.as_array();
    if (tables == nullptr) return unfit(key, kind_of(node));
    Rows good;
    for (const toml::node& item : *tables) {
      if (const toml::table* table = item.as_table()) {
        good.push_back(row(key, *table));
      } else {
        resolver_.fault(place(item.source()), key.name, unfit(key, "one with " + std::string(kind_of(item))).public_text());
      }
    }
    return Value(std::move(good));
  }

  Result<Value> named_rows(const KeySpec& key, const toml::node& node) {
    const toml::table* tables = node.as_table();
    if (tables == nullptr) return unfit(key, kind_of(node));
    Rows good;
    for (const auto& [name, item] : *tables) {
      if (const toml::table* table = item.as_table()) {
        good.push_back(row(key, *table));
        good.back().name = name.str();
      } else {
        const std::string what = unfit(key, "one with " + std::string(kind_of(item))).public_text();
        resolver_.fault(place(item.source()), key.name + "." + std::string(name.str()), what);
      }
    }
    return Value(std::move(good));
  }

  // What is at fault in it has its default, as everywhere.
  Row row(const KeySpec& key, const toml::table& table) {
    Row made;
    made.place = place(table.source());
    made.places.resize(key.fields.size());
    for (const KeySpec& field : key.fields) made.values.push_back(field.fallback);
    for (const auto& [name, node] : table) {
      const std::string full = key.name + "." + std::string(name.str());
      const auto field = std::ranges::find(key.fields, full, &KeySpec::name);
      if (field == key.fields.end()) {
        const std::string meant = suggestion(key.fields, full);
        resolver_.fault(place(name.source()), full, in_quotes(full) + " is not a known key" + meant);
        continue;
      }
      const auto at = static_cast<std::size_t>(field - key.fields.begin());
      made.places[at] = place(node.source());
      Result<Value> taken = value(*field, node);
      if (taken) made.values[at] = std::move(*taken);
      if (!taken) resolver_.fault(made.places[at], full, taken.error().public_text());
    }
    for (std::size_t at = 0; at < key.fields.size(); ++at) {
      const auto followed = std::ranges::find(key.fields, key.fields[at].follows, &KeySpec::name);
      const bool said = made.places[at].source != Source::fallback;
      if (!said && followed != key.fields.end()) made.values[at] = made.values[static_cast<std::size_t>(followed - key.fields.begin())];
    }
    return made;
  }

  const Document& document_;
  Resolver& resolver_;
};

}  // namespace

void read_toml(const Document& document, Resolver& resolver) {
  Walk walk(document, resolver);
  try {
    walk.table(toml::parse(std::string_view(document.text), std::string_view(document.name)), "");
  } catch (const toml::parse_error& error) {
    resolver.fault(walk.place(error.source()), "", "this is not TOML: " + std::string(error.description()));
  }
}

std::optional<Texts> parse_string_array(std::string_view text) {
  try {
    const toml::table document = toml::parse("items = " + std::string(text), std::string_view("items"));
    const toml::array* items = document.size() == 1 ? document.get_as<toml::array>("items") : nullptr;
    if (items == nullptr) return std::nullopt;
    Texts out;
    for (const toml::node& item : *items) {
      const auto written = item.value_exact<std::string>();
      if (!written) return std::nullopt;
      out.push_back(*written);
    }
    return out;
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

}  // namespace gatehouse::config
