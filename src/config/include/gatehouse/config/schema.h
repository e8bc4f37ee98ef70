// config/schema.h — the keys of a struct: each line says name, member and purpose; the default is what the struct has when it is made.
//
//   config::Schema<LogSettings> schema;
//   schema.choice("level", &LogSettings::level, {{"info", LogLevel::info}, {"warn", LogLevel::warn}}, "What is written").reloads();
//
// Threads  made once, then immutable
#pragma once
#include <concepts>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/base/assert.h"
#include "gatehouse/config/key.h"

namespace gatehouse::config {

template <class S>
class Schema {
 public:
  template <class E>
  using Words = std::vector<std::pair<std::string, E>>;

  KeySpec& flag(std::string name, bool S::* member, std::string doc) {
    return plain<bool>(Type::flag, std::move(name), member, std::move(doc));
  }
  template <std::unsigned_integral N>
  KeySpec& integer(std::string name, N S::* member, Range range, std::string doc) {
    auto write = [member](S& to, const Value& value) { to.*member = static_cast<N>(std::get<std::int64_t>(value)); };
    return ranged(add(Type::integer, std::move(name), static_cast<std::int64_t>(S{}.*member), std::move(doc), std::move(write)), range);
  }
  // The member counts the last place; the range does, too.
  template <std::unsigned_integral N>
  KeySpec& decimal(std::string name, N S::* member, Range range, unsigned places, std::string doc) {
    auto write = [member](S& to, const Value& value) { to.*member = static_cast<N>(std::get<std::int64_t>(value)); };
    KeySpec& key = add(Type::decimal, std::move(name), static_cast<std::int64_t>(S{}.*member), std::move(doc), std::move(write));
    key.places = places;
    return ranged(key, range);
  }
  KeySpec& text(std::string name, std::string S::* member, std::string doc) {
    return plain<std::string>(Type::text, std::move(name), member, std::move(doc));
  }
  KeySpec& texts(std::string name, Texts S::* member, std::string doc) {
    return plain<Texts>(Type::texts, std::move(name), member, std::move(doc));
  }
  KeySpec& duration(std::string name, seconds S::* member, Range range, std::string doc) {
    return ranged(plain<seconds>(Type::duration, std::move(name), member, std::move(doc)), range);
  }
  KeySpec& size(std::string name, ByteCount S::* member, Range range, std::string doc) {
    return ranged(plain<ByteCount>(Type::size, std::move(name), member, std::move(doc)), range);
  }
  KeySpec& rate(std::string name, Rate S::* member, std::string doc) {
    return plain<Rate>(Type::rate, std::move(name), member, std::move(doc));
  }
  KeySpec& table(std::string name, Table S::* member, std::string doc) {
    return plain<Table>(Type::table, std::move(name), member, std::move(doc));
  }
  KeySpec& secret_file(std::string name, std::string S::* member, std::string doc) {
    return plain<std::string>(Type::secret_file, std::move(name), member, std::move(doc));
  }
  // Empty: none.
  KeySpec& day(std::string name, std::string S::* member, std::string doc) {
    return plain<std::string>(Type::day, std::move(name), member, std::move(doc));
  }
  // Each [[name]] of the file is one more Part.
  template <class Part>
  KeySpec& tables(std::string name, std::vector<Part> S::* member, const Schema<Part>& schema, std::string doc) {
    auto write = [member, schema](S& to, const Value& value) {
      (to.*member).clear();
      for (const Row& row : std::get<Rows>(value)) (to.*member).push_back(schema.settings(row.values));
    };
    return of_rows(add(Type::tables, std::move(name), Rows(), std::move(doc), std::move(write)), schema.keys());
  }
  // Each [name.x] of the file is one more Part, by x.
  template <class Part>
  KeySpec& named_tables(std::string name, std::map<std::string, Part, std::less<>> S::* member, const Schema<Part>& schema,
                        std::string doc) {
    auto write = [member, schema](S& to, const Value& value) {
      (to.*member).clear();
      for (const Row& row : std::get<Rows>(value)) (to.*member).emplace(row.name, schema.settings(row.values));
    };
    return of_rows(add(Type::named_tables, std::move(name), Rows(), std::move(doc), std::move(write)), schema.keys());
  }
  template <class E>
  KeySpec& choice(std::string name, E S::* member, Words<E> words, std::string doc) {
    Texts choices;
    std::string fallback;
    for (const auto& [word, meaning] : words) {
      choices.push_back(word);
      if (meaning == S{}.*member) fallback = word;
    }
    GH_ASSERT(!fallback.empty());
    auto write = [member, words = std::move(words)](S& to, const Value& value) {
      for (const auto& [word, meaning] : words) {
        if (word == std::get<std::string>(value)) to.*member = meaning;
      }
    };
    KeySpec& key = add(Type::choice, std::move(name), std::move(fallback), std::move(doc), std::move(write));
    key.choices = std::move(choices);
    return key;
  }
  // All keys of a member that is a struct itself, behind "name.".
  template <class Part>
  void part(const std::string& name, Part S::* member, const Schema<Part>& schema) {
    for (std::size_t i = 0; i < schema.keys_.size(); ++i) {
      KeySpec key = schema.keys_[i];
      key.name = name + "." + key.name;
      if (!key.follows.empty()) key.follows = name + "." + key.follows;
      put_behind(name, key.fields);
      keys_.push_back(std::move(key));
      writers_.push_back([member, write = schema.writers_[i]](S& to, const Value& value) { write(to.*member, value); });
    }
  }

  const std::vector<KeySpec>& keys() const { return keys_; }
  // One value a key, in their order and of their types.
  S settings(std::span<const Value> values) const {
    GH_ASSERT(values.size() == writers_.size());
    S made{};
    for (std::size_t i = 0; i < values.size(); ++i) writers_[i](made, values[i]);
    return made;
  }

 private:
  template <class>
  friend class Schema;
  using Write = std::function<void(S&, const Value&)>;

  KeySpec& add(Type type, std::string name, Value fallback, std::string doc, Write write) {
    KeySpec key;
    key.name = std::move(name);
    key.type = type;
    key.fallback = std::move(fallback);
    key.doc = std::move(doc);
    writers_.push_back(std::move(write));
    return keys_.emplace_back(std::move(key));
  }
  template <class M>
  KeySpec& plain(Type type, std::string name, M S::* member, std::string doc) {
    auto write = [member](S& to, const Value& value) { to.*member = std::get<M>(value); };
    return add(type, std::move(name), S{}.*member, std::move(doc), std::move(write));
  }
  static void put_behind(const std::string& name, std::vector<KeySpec>& fields) {
    for (KeySpec& field : fields) {
      field.name = name + "." + field.name;
      if (!field.follows.empty()) field.follows = name + "." + field.follows;
    }
  }
  static KeySpec& of_rows(KeySpec& key, std::vector<KeySpec> fields) {
    key.fields = std::move(fields);
    put_behind(key.name, key.fields);
    return key;
  }
  static KeySpec& ranged(KeySpec& key, Range range) { return key.range = range, key; }

  std::vector<KeySpec> keys_;
  std::vector<Write> writers_;  // by key
};

}  // namespace gatehouse::config
