#include "variables.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "convert.h"
#include "dotenv.h"
#include "gatehouse/base/words.h"
#include "gatehouse/config/nearest.h"

namespace gatehouse::config {
namespace {

constexpr std::string_view ours = "GATEHOUSE_";
constexpr std::size_t near_enough = 2;  // letters

// GATEHOUSE_SERVICE_HOST, GATEHOUSE_PORT=tcp://…, GATEHOUSE_SERVER_PORT_8080_TCP_ADDR: given to every container beside such a service.
bool from_kubernetes(std::string_view name, std::string_view value) {
  if (name.ends_with("_SERVICE_HOST") || name.find("_SERVICE_PORT") != std::string_view::npos) return true;
  if (name.ends_with("_PORT")) return value.starts_with("tcp://") || value.starts_with("udp://");
  const std::size_t port = name.rfind("_PORT_");
  if (port == std::string_view::npos) return false;
  const std::string_view behind = name.substr(port + 6);
  const std::size_t protocol = behind.find('_');
  return protocol != std::string_view::npos && all_digits(behind.substr(0, protocol));
}

class Reader {
 public:
  explicit Reader(Resolver& resolver) : resolver_(resolver) {
    for (const KeySpec& key : resolver.keys()) names_.push_back(variable_of(key));
  }

  void foreign(const std::string& name, const std::string& value, const Place& place) {
    if (value.empty()) return;  // people set foreign names to nothing where they do not want them
    const auto stranger = std::ranges::find(resolver_.strangers(), name, &Stranger::variable);
    if (stranger != resolver_.strangers().end()) {
      if (const std::optional<std::string> note = stranger->note(value)) resolver_.note(name + " " + *note);
    }
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const KeySpec& key = resolver_.keys()[i];
      const auto alias = std::ranges::find(key.aliases, name, &Alias::variable);
      if (alias == key.aliases.end()) continue;
      resolver_.take(i, from_text(key, alias->meaning != nullptr ? alias->meaning(value) : value), place);
    }
  }

  void own(const std::string& name, const std::string& value, const Place& place) {
    if (!name.starts_with(ours) || name == config_variable || resolver_.full()) return;
    const auto found = std::ranges::find(names_, name);
    if (found != names_.end()) {
      const auto key = static_cast<std::size_t>(found - names_.begin());
      return resolver_.take(key, from_text(resolver_.keys()[key], value), place);
    }
    if (place.source == Source::environment && (from_kubernetes(name, value) || !looks_like_ours(name))) {
      return from_kubernetes(name, value) ? void() : resolver_.note(name + " is set, but is no setting");
    }
    resolver_.fault(place, "", in_quotes(name) + " is not a known setting; the nearest is " + std::string(nearest_to(name)));
  }

 private:
  std::string_view nearest_to(const std::string& name) const {
    const std::vector<std::string_view> words(names_.begin(), names_.end());
    return nearest(name, words);
  }
  // It begins with a table of ours, or is nearly a key.
  bool looks_like_ours(const std::string& name) const {
    const auto first_word = [](std::string_view text) { return text.substr(0, text.find('_', ours.size())); };
    const bool same_table = std::ranges::any_of(names_, [&](const std::string& known) { return first_word(known) == first_word(name); });
    return same_table || edit_distance(name, nearest_to(name)) <= near_enough;
  }

  Resolver& resolver_;
  std::vector<std::string> names_;  // by key
};

}  // namespace

void read_environment(const Variables& variables, Resolver& resolver) {
  Reader reader(resolver);
  for (const auto& [name, value] : variables) reader.foreign(name, value, Place{Source::environment, name, 0, 0, {}});
  for (const auto& [name, value] : variables) reader.own(name, value, Place{Source::environment, name, 0, 0, {}});
}

void read_dotenv(const Document& document, Resolver& resolver) {
  std::vector<Fault> faults;
  const std::vector<DotenvEntry> entries = parse_dotenv(document, faults);
  for (Fault& fault : faults) resolver.fault(std::move(fault.place), "", std::move(fault.message));
  Reader reader(resolver);
  for (const DotenvEntry& entry : entries) reader.foreign(entry.variable, entry.value, entry.place);
  for (const DotenvEntry& entry : entries) reader.own(entry.variable, entry.value, entry.place);
}

}  // namespace gatehouse::config
