#include "gatehouse/config/key.h"

#include <algorithm>

#include "gatehouse/base/decimal.h"

namespace gatehouse::config {
namespace {

template <class Unit>
std::string between(const Range& range) {
  return ", from " + to_text(Unit(range.low)) + " to " + to_text(Unit(range.high));
}

std::string list_of(const Texts& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

std::string variable_of(const KeySpec& key) {
  std::string out = "GATEHOUSE_" + key.name;
  std::ranges::transform(out, out.begin(), [](char c) {
    if (c == '.') return '_';
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return out;
}

std::string expectation(const KeySpec& key) {
  switch (key.type) {
    case Type::flag:
      return "true or false";
    case Type::integer:
      return "an integer from " + std::to_string(key.range.low) + " to " + std::to_string(key.range.high);
    case Type::text:
      return "a text";
    case Type::choice:
      return "one of " + list_of(key.choices);
    case Type::texts:
      return key.one_will_do ? "a list of texts, or one text" : "a list of texts";
    case Type::duration:
      return "a duration such as \"90s\", \"30m\", \"12h\" or \"7d\"" + between<seconds>(key.range);
    case Type::size:
      return "a size such as \"512B\", \"32KiB\", \"8MiB\" or \"1GiB\"" + between<ByteCount>(key.range);
    case Type::rate:
      return "a rate such as \"60/60s\" or \"1000/1d\"";
    case Type::table:
      return "a table of texts";
    case Type::day:
      return "a day such as \"2027-01-31\"";
    case Type::tables:
      return "a list of tables in the configuration file, each begun with [[" + key.name + "]]";
    case Type::decimal:
      return "a number from " + decimal_text(key.range.low, key.places) + " to " + decimal_text(key.range.high, key.places) +
             " with at most " + std::to_string(key.places) + " decimals";
    case Type::named_tables:
      return "tables in the configuration file, each begun with [" + key.name + ".NAME]";
    case Type::secret_file:
      break;
  }
  return "the path of a file that others cannot read";
}

}  // namespace gatehouse::config
