// identity/key_shape.h — how an API key looks: gh_<8 lower-case hex>_<43 base64url>.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace gatehouse::identity {

inline constexpr std::string_view key_start = "gh_";
inline constexpr std::size_t prefix_length = 8, secret_length = 43, secret_bytes = 32;
inline constexpr std::size_t key_length = key_start.size() + prefix_length + 1 + secret_length;

// 8 lower-case hex as a number.
std::optional<std::uint32_t> prefix_number(std::string_view prefix);
// The prefix of a text that could be a key.
std::optional<std::uint32_t> prefix_of_key(std::string_view text);

}  // namespace gatehouse::identity
