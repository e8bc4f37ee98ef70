// config/reading.h — all sources of the configuration, read strictly into one value a key; every fault of every source at once.
// Rules    default < file < .env < environment < command line; in .env and environment an alias is below GATEHOUSE_…
// Threads  pure, but that it looks at the files that secret_file keys name: blocks on the disk
// Errors   faults are values: what is wrong, and where it stands. Values of secret keys are in none
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/config/key.h"
#include "gatehouse/config/place.h"

namespace gatehouse::config {

struct Document {
  std::string name, text;
};
using Variables = std::map<std::string, std::string, std::less<>>;

// What the command line says about a key; a list may be given word by word.
struct Assignment {
  std::string key, option;
  Texts words;
};

// A variable that other servers read and this one does not.
struct Stranger {
  std::string_view variable;
  // What whoever sets it to that must know, to be said behind its name; nothing where all is as they expect. Without the value itself,
  // which may be a secret.
  std::optional<std::string> (*note)(std::string_view value);
};

struct Sources {
  std::optional<Document> file, dotenv;
  Variables environment;
  std::vector<Assignment> command_line;
  std::span<const Stranger> strangers = {};
};

// Names the configuration file itself; no key.
inline constexpr std::string_view config_variable = "GATEHOUSE_CONFIG";

struct Reading {
  // By key. Where a source is at fault, the value is that of the sources below it.
  std::vector<Value> values;
  std::vector<Place> places;
  std::vector<Fault> faults;       // in the order of sources and lines; at most most_faults
  std::vector<std::string> notes;  // one for each variable that somebody may have set for us, and that changes nothing
  bool ok() const { return faults.empty(); }
};
inline constexpr std::size_t most_faults = 100;

Reading read(std::span<const KeySpec> keys, const Sources& sources);

// GATEHOUSE_CONFIG of the environment, else of .env; empty when neither has it.
std::string named_config_file(const Sources& sources);

// " (did you mean server.listen?)", or nothing where no key is near.
std::string suggestion(std::span<const KeySpec> keys, std::string_view written);

}  // namespace gatehouse::config
