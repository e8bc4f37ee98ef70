// Bytes that claim to be configuration: as a file, as .env, as a variable. Whatever they are, each fault has a place inside the text and
// a line that can be printed, and what was read can be written and read again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/config/reading.h"
#include "gatehouse/config/schema.h"
#include "gatehouse/config/show.h"

namespace {

namespace gc = gatehouse::config;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Row {
  std::string name, secret, until;
  gc::Texts items;
  std::uint32_t count = 5;
};

struct Sample {
  bool flag = false;
  std::string name = "ada", secret;
  gc::Texts items, followers;
  std::uint32_t count = 5;
  gatehouse::seconds wait{10};
  gatehouse::ByteCount size = gatehouse::kib(1);
  gc::Rate rate;
  gc::Table map;
  std::vector<Row> rows;
};

gc::Schema<Sample> make_schema() {
  gc::Schema<Row> row;
  row.text("name", &Row::name, "n");
  row.text("secret", &Row::secret, "s").hidden();
  row.day("until", &Row::until, "d");
  row.texts("items", &Row::items, "i").or_one();
  row.integer("count", &Row::count, {1, 100}, "c");
  gc::Schema<Sample> schema;
  schema.flag("t.flag", &Sample::flag, "f");
  schema.text("t.name", &Sample::name, "n").alias("N");
  schema.text("t.secret", &Sample::secret, "s").hidden();
  schema.texts("t.items", &Sample::items, "i");
  schema.texts("t.followers", &Sample::followers, "w").unset_follows("t.name");
  schema.integer("t.u.count", &Sample::count, {1, 100}, "c");
  schema.duration("t.u.wait", &Sample::wait, {0, 36525LL * 86400}, "w");
  schema.size("t.u.size", &Sample::size, {0, 1LL << 50}, "z");
  schema.rate("t.u.rate", &Sample::rate, "r");
  schema.table("t.map", &Sample::map, "m");
  schema.tables("t.rows", &Sample::rows, row, "r");
  return schema;
}

const gc::Schema<Sample>& schema() {
  static const gc::Schema<Sample> made = make_schema();
  return made;
}

void check(const gc::Reading& reading, std::string_view text) {
  const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n')) + 2;
  require(reading.values.size() == schema().keys().size() && reading.faults.size() <= gc::most_faults);
  for (const gc::Fault& fault : reading.faults) {
    require(fault.place.line <= lines && fault.place.column <= text.size() + 2);
    require(!fault.message.empty() && fault.message.size() < 4096);
  }
  const Sample sample = schema().settings(reading.values);
  require(sample.count >= 1 && sample.count <= 100 && sample.rate.count > 0);
  for (const Row& row : sample.rows) {
    require(row.count >= 1 && row.count <= 100 && (row.until.empty() || gc::parse_day(row.until)));
  }
}

// Secrets are masked, so they are the one thing that does not come back.
void check_round_trip(const gc::Reading& reading) {
  gc::Sources sources;
  sources.file = gc::Document{"again", gc::effective_toml(schema().keys(), reading)};
  const gc::Reading again = gc::read(schema().keys(), sources);
  require(again.ok());
  for (std::size_t i = 0; i < again.values.size(); ++i) {
    const gc::KeySpec& key = schema().keys()[i];
    require(shown(key, again.values[i]) == shown(key, reading.values[i]));
  }
}

bool is_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  gc::Sources file, dotenv, variables;
  file.file = gc::Document{"f", text};
  dotenv.dotenv = gc::Document{".env", text};
  for (const gc::KeySpec& key : schema().keys()) variables.environment[variable_of(key)] = text;
  variables.environment[text] = "x";
  const gc::Reading from_file = gc::read(schema().keys(), file), from_dotenv = gc::read(schema().keys(), dotenv);
  check(from_file, text);
  check(from_dotenv, text);
  check(gc::read(schema().keys(), variables), text);
  check_round_trip(from_file);
  if (is_text(text)) check_round_trip(from_dotenv);
  static_cast<void>(gc::named_config_file(dotenv));
  return 0;
}
