// base/hex.h — bytes as lower-case hexadecimal.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

std::string to_hex(std::string_view bytes);
// Nothing for odd lengths and foreign characters; upper case is taken.
std::optional<std::string> from_hex(std::string_view text);

}  // namespace gatehouse
