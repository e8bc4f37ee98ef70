// Bytes that claim to be a JSON Schema: they become a grammar that is no larger than it may be, or a refusal that says why.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gatehouse/wire/grammar/schema_grammar.h"
#include "gatehouse/wire/json/document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace gw = gatehouse::wire;
  gw::JsonParser parser;
  const auto schema = parser.parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!schema) return 0;
  const gatehouse::Result<std::string> grammar = gw::schema_grammar(*schema);
  const bool well = grammar ? grammar->starts_with("root ::=") && grammar->size() < 1024UL * 1024
                            : grammar.error().reason() == "schema_not_supported" && grammar.error().param() == "response_format";
  if (!well) std::abort();
  return 0;
}
