#include "gatehouse/config/reading.h"

#include <algorithm>
#include <utility>

#include "convert.h"
#include "dotenv.h"
#include "gatehouse/config/nearest.h"
#include "resolver.h"
#include "toml_text.h"
#include "variables.h"

namespace gatehouse::config {
namespace {

std::string_view last_word(std::string_view name) { return name.substr(name.rfind('.') + 1); }

// A key that stands in the wrong table is as near as one with a letter too many.
std::size_t distance(std::string_view written, std::string_view known) {
  const bool moved = last_word(written) == last_word(known);
  return moved ? 1 : edit_distance(written, known);
}

void read_command_line(std::span<const Assignment> assignments, Resolver& resolver) {
  for (const Assignment& said : assignments) {
    const std::optional<std::size_t> key = resolver.find(said.key);
    GH_ASSERT(key.has_value());
    resolver.take(*key, from_words(resolver.keys()[*key], said.words), Place{Source::command_line, said.option, 0, 0, {}});
  }
}

}  // namespace

Reading read(std::span<const KeySpec> keys, const Sources& sources) {
  Resolver resolver(keys, sources.strangers);
  if (sources.file) read_toml(*sources.file, resolver);
  if (sources.dotenv) read_dotenv(*sources.dotenv, resolver);
  read_environment(sources.environment, resolver);
  read_command_line(sources.command_line, resolver);
  return std::move(resolver).finish();
}

std::string named_config_file(const Sources& sources) {
  if (const auto named = sources.environment.find(config_variable); named != sources.environment.end()) return named->second;
  std::string name;
  if (!sources.dotenv) return name;
  std::vector<Fault> faults;  // read() tells them
  for (const DotenvEntry& entry : parse_dotenv(*sources.dotenv, faults)) {
    if (entry.variable == config_variable) name = entry.value;
  }
  return name;
}

std::string suggestion(std::span<const KeySpec> keys, std::string_view written) {
  std::size_t best = std::max<std::size_t>(written.size() / 2, 2);  // more changed letters than this is another word
  std::string_view found;
  const auto look_at = [&](std::string_view known) {
    const std::size_t away = distance(written, known);
    if (away < best) best = away, found = known;
  };
  for (const KeySpec& key : keys) {
    look_at(key.name);
    for (const KeySpec& field : key.fields) look_at(field.name);
    for (std::size_t dot = key.name.find('.'); dot != std::string::npos; dot = key.name.find('.', dot + 1)) {
      look_at(std::string_view(key.name).substr(0, dot));
    }
  }
  return found.empty() ? std::string() : " (did you mean " + std::string(found) + "?)";
}

}  // namespace gatehouse::config
