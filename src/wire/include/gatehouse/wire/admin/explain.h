// wire/admin/explain.h — the body of /api/admin/explain: a credential, and a request that nobody has made.
// Threads  value types, pure functions
// Errors   as wire/json/fields.h
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {

struct ExplainParameters {
  std::optional<std::uint32_t> max_tokens, n;
  std::optional<double> temperature;
};
struct ExplainBody {
  std::string credential, route;
  std::optional<std::string> model, address;
  std::optional<ExplainParameters> parameters;
};
Result<ExplainBody> read_explain(const JsonValue& body);
void explain_schema(JsonWriter& w);

}  // namespace gatehouse::wire
