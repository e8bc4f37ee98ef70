// config/toml_text.h — the one place that knows toml++.
#pragma once
#include <optional>
#include <string_view>

#include "gatehouse/config/key.h"
#include "gatehouse/config/reading.h"
#include "resolver.h"

namespace gatehouse::config {

// Every key of the document goes to the resolver; what is no key, or of the wrong type, becomes a fault with line and column.
void read_toml(const Document& document, Resolver& resolver);

// ["a", "b"] and nothing else. TOML's strings are JSON's, but for pairs of \u escapes and "\/".
std::optional<Texts> parse_string_array(std::string_view text);

}  // namespace gatehouse::config
