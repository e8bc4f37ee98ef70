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
  const std::string_view schema(reinterpret_cast<const char*>(data), size);
  const gatehouse::Result<std::string> grammar = gw::schema_grammar(schema);
  const bool refused = !grammar && grammar.error().reason() == "schema_not_supported";
  const bool well = grammar   ? grammar->starts_with("root ::=") && grammar->size() < 1024UL * 1024
                    : refused ? grammar.error().param() == "response_format"
                              : !gw::JsonParser().parse(schema).ok();
  if (!well) std::abort();
  return 0;
}
