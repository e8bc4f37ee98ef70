// wire/llm/generate.h — the body of POST /api/llm/generate.
// Units    lengths in Unicode code points, limits in tokens
// Threads  value types, pure functions
// Errors   as wire/json/fields.h; temperature and top_p both below 1 is a fault at top_p.
#pragma once
#include <cstdint>
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/llm/stop_list.h"

namespace gatehouse::wire {

struct GenerateRequest {
  std::string prompt;
  std::string model;  // empty: the default
  std::uint32_t max_tokens = 100;
  double temperature = 0.7;
  double top_p = 1.0;
  std::uint32_t n = 1;
  StopList stop;
  bool stream = false;
};

Result<GenerateRequest> read_generate_request(const JsonValue& body);
void generate_request_schema(JsonWriter& w);

}  // namespace gatehouse::wire
