// wire/nlu/schema.h — what is to be found in a text: keys, and under each what is asked about everything that it finds.
// Rules    null, "", [] and {} are leaves; below the root a list of names is an object of leaves; a string may hold the JSON of the
//          whole; keys stay in the caller's order
// Limits   60 levels, 256 keys in all, 256 code points a name
// Threads  value type, pure functions
// Errors   as wire/json/fields.h: invalid_value with each fault at its place in the schema; all that is wrong with JSON in a string
//          is a fault of the schema itself
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {

struct NluKey {
  std::string name;           // neither blank nor with control characters
  std::vector<NluKey> below;  // none: a leaf

  bool leaf() const { return below.empty(); }
  friend bool operator==(const NluKey&, const NluKey&) = default;
};

struct NluSchema {
  static constexpr std::size_t levels = 60, most_keys = 256, longest_name = 256;
  std::vector<NluKey> keys;  // at least one

  friend bool operator==(const NluSchema&, const NluSchema&) = default;
};

Result<NluSchema> read_nlu_schema(const JsonValue& value);
// The object that reads as the same schema; leaves are null.
void write_nlu_schema(JsonWriter& json, const NluSchema& schema);

}  // namespace gatehouse::wire
