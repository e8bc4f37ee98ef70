#include "gatehouse/identity/api_keys.h"

#include <span>
#include <utility>

#include "gatehouse/base/base64url.h"
#include "key_shape.h"

namespace gatehouse::identity {
namespace {

// Each request with a key comes by here: all of it is looked at, so that the compiler can look at many characters at once.
bool is_base64url(std::string_view text) {
  bool all = true;
  for (const char c : text) {
    const bool letter = static_cast<unsigned char>((c | 0x20) - 'a') < 26, digit = static_cast<unsigned char>(c - '0') < 10;
    all &= letter | digit | (c == '-') | (c == '_');
  }
  return all;
}

// 16: it is none.
std::uint32_t hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
  return c >= 'a' && c <= 'f' ? static_cast<std::uint32_t>(c - 'a') + 10 : 16;
}

}  // namespace

std::optional<std::uint32_t> prefix_number(std::string_view prefix) {
  if (prefix.size() != prefix_length) return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : prefix) {
    const std::uint32_t digit = hex_digit(c);
    if (digit > 15) return std::nullopt;
    number = number << 4 | digit;
  }
  return number;
}

std::optional<std::uint32_t> prefix_of_key(std::string_view text) {
  if (text.size() != key_length || !text.starts_with(key_start)) return std::nullopt;
  text.remove_prefix(key_start.size());
  if (text[prefix_length] != '_' || !is_base64url(text.substr(prefix_length + 1))) return std::nullopt;
  return prefix_number(text.substr(0, prefix_length));
}

KeySecret make_key_secret(const KeyHasher& hasher, RandomSource& random) {
  return make_key_secret(hasher, random, random.hex(prefix_length));
}

KeySecret make_key_secret(const KeyHasher& hasher, RandomSource& random, const std::string& prefix) {
  std::string raw(secret_bytes, '\0');
  random.fill(std::as_writable_bytes(std::span(raw)));
  const Secret<std::string> bytes(std::move(raw));
  const Secret<std::string> secret(to_base64url(bytes.expose()));
  std::string text;
  text.reserve(key_length);  // grows nowhere else, so that no copy stays behind
  text.append(key_start).append(prefix).append("_").append(secret.expose());
  const store::Digest digest = hasher.digest(text);
  return KeySecret{Secret<std::string>(std::move(text)), prefix, digest};
}

}  // namespace gatehouse::identity
