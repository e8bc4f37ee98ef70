// base/base64url.h — bytes as base64url without padding, and back.
// Rules    reading is strict: nothing but the alphabet, no padding, no length of 4n + 1, unused bits of the last character zero; so each
//          text is the only spelling of its bytes
// Source   RFC 4648 section 5, RFC 7515 section 2
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

constexpr std::string_view base64url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string to_base64url(std::string_view bytes);
void append_base64url(std::string& out, std::string_view bytes);

// Nothing for what is no base64url.
std::optional<std::string> from_base64url(std::string_view text);
// The same into memory that is there already; false, and out void, for what is no base64url.
bool read_base64url(std::string_view text, std::string& out);

}  // namespace gatehouse
