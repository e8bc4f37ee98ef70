// wire/json/copy.h — a value that was read, as JSON again.
// Threads  pure function
#pragma once
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {

void copy_json(JsonWriter& json, const JsonValue& value);

}  // namespace gatehouse::wire
