// wire/grammar/schema_keywords.h — what each keyword of a schema is about.
// Threads  pure functions
// Source   JSON Schema 2020-12, Core and Validation; names of earlier drafts where they mean the same
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/wire/json/value.h"

namespace gatehouse::wire::grammar {

enum class About : std::uint8_t {
  nothing,  // describes, or is no keyword
  reference,
  combination,  // anyOf, oneOf, allOf
  fixed,        // const, enum
  type,
  object,
  list,
  string,
  number,
  refused,  // known, and not kept to
};

About about(std::string_view keyword);

struct Keywords {
  explicit Keywords(const JsonValue& schema);
  bool has(About what) const { return ((1U << static_cast<unsigned>(what)) & said) != 0; }
  // Nothing else that restricts.
  bool only(About what, About and_this = About::nothing) const;
  std::uint32_t said = 0;
  std::string_view refused;  // the first of them
};

// Those that keywords without "type" are about; all where there are none.
std::vector<std::string_view> types_meant(const Keywords& keywords);

}  // namespace gatehouse::wire::grammar
