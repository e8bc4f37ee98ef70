// config/test_settings.h — a struct with one key of each type, and how a test reads it.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/config/reading.h"
#include "gatehouse/config/schema.h"

namespace gatehouse::config {

enum class Colour { red, green };

struct Inner {
  ByteCount size = kib(32);
  std::uint32_t count = 5;
};

struct Visitor {
  std::string name;
  Texts brings{"nothing"};
  std::uint32_t nights = 1;
  std::string until, word;
  friend bool operator==(const Visitor&, const Visitor&) = default;
};

struct Fare {
  std::uint64_t adult = 2500, child = 0;  // thousandths
  friend bool operator==(const Fare&, const Fare&) = default;
};

struct Sample {
  bool flag = false;
  std::string name = "ada";
  Texts items{"one"};
  Colour colour = Colour::red;
  seconds wait{10};
  Rate rate{60, seconds(60)};
  Table map;
  std::string secret;
  std::string key_file;
  Texts followers;
  Inner inner;
  std::vector<Visitor> visitors;
  std::uint64_t weight = 1500;  // thousandths
  std::map<std::string, Fare, std::less<>> fares;
};

inline std::optional<std::string> no_spaces(std::string_view text) {
  if (text.find(' ') == std::string_view::npos) return std::nullopt;
  return "'" + std::string(text) + "' has a blank in it";
}

inline std::string shouted(std::string_view text) { return text == "ROT" ? "red" : std::string(text); }

inline Schema<Sample> sample_schema() {
  Schema<Inner> inner;
  inner.size("size", &Inner::size, {1024, 1 << 20}, "How large");
  inner.integer("count", &Inner::count, {1, 100}, "How many").reloads();
  Schema<Visitor> visitor;
  visitor.text("name", &Visitor::name, "Who it is.").checked(no_spaces);
  visitor.texts("brings", &Visitor::brings, "What comes along.").or_one();
  visitor.integer("nights", &Visitor::nights, {1, 9}, "How long.");
  visitor.day("until", &Visitor::until, "When it leaves.");
  visitor.text("word", &Visitor::word, "The word at the door.").hidden();
  Schema<Fare> fare;
  fare.decimal("adult", &Fare::adult, {0, 9'000'000}, 3, "Of the old.");
  fare.decimal("child", &Fare::child, {0, 9'000'000}, 3, "Of the young; unset, that of the old.").unset_follows("adult");
  Schema<Sample> schema;
  schema.flag("top.flag", &Sample::flag, "Whether");
  schema.text("top.name", &Sample::name, "Who").checked(no_spaces).alias("OLD_NAME");
  schema.texts("top.items", &Sample::items, "Which").checked(no_spaces);
  schema.choice<Colour>("top.colour", &Sample::colour, {{"red", Colour::red}, {"green", Colour::green}}, "What colour")
      .alias("FARBE", shouted);
  schema.duration("top.wait", &Sample::wait, {1, 3600}, "How long");
  schema.rate("top.rate", &Sample::rate, "How often");
  schema.table("top.map", &Sample::map, "What for what");
  schema.text("top.secret", &Sample::secret, "What nobody sees").hidden();
  schema.secret_file("top.key_file", &Sample::key_file, "Where the key is");
  schema.texts("top.followers", &Sample::followers, "Who comes along").unset_follows("top.name");
  schema.tables("top.visitors", &Sample::visitors, visitor, "Who comes").reloads();
  schema.decimal("top.weight", &Sample::weight, {0, 10'000}, 3, "How heavy");
  schema.named_tables("journey_fares", &Sample::fares, fare, "What a ride costs");
  schema.part("top.inner", &Sample::inner, inner);
  return schema;
}

inline Reading read_sample(const Sources& sources) { return read(sample_schema().keys(), sources); }
inline Sample settings_of(const Reading& reading) { return sample_schema().settings(reading.values); }

inline Sources from_file(std::string text) {
  Sources sources;
  sources.file = Document{"a.toml", std::move(text)};
  return sources;
}

// Every fault as one line.
inline std::vector<std::string> lines_of(const Reading& reading) {
  std::vector<std::string> lines;
  for (const Fault& fault : reading.faults) lines.push_back(to_text(fault));
  return lines;
}

// Where a key's value comes from.
inline std::string place_of(const Reading& reading, std::string_view name) {
  const Schema<Sample> schema = sample_schema();
  for (std::size_t i = 0; i < schema.keys().size(); ++i) {
    if (schema.keys()[i].name == name) return to_text(reading.places[i]);
  }
  return "no such key";
}

}  // namespace gatehouse::config
