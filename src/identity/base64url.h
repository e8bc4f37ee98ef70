// identity/base64url.h — bytes as base64url without padding.
// Source   RFC 4648 section 5
#pragma once
#include <string>
#include <string_view>

namespace gatehouse::identity {

constexpr std::string_view base64url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

inline std::string to_base64url(std::string_view bytes) {
  std::string out;
  unsigned pending = 0, bits = 0;
  for (const char c : bytes) {
    pending = (pending << 8) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) out.push_back(base64url_alphabet[(pending >> (bits - 6)) & 63]);
    pending &= 63;
  }
  if (bits > 0) out.push_back(base64url_alphabet[(pending << (6 - bits)) & 63]);
  return out;
}

}  // namespace gatehouse::identity
