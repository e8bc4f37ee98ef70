#include "refresh_token.h"

#include <openssl/crypto.h>

#include <charconv>
#include <span>

#include "gatehouse/base/base64url.h"

namespace gatehouse::identity {
namespace {

constexpr std::string_view start = "gr_";
constexpr std::size_t session_length = 32, generation_length = 8, secret_bytes = 32, secret_length = 43, seal_bytes = 16, seal_length = 22;
constexpr std::size_t session_at = start.size(), generation_at = session_at + session_length + 1,
                      secret_at = generation_at + generation_length + 1, seal_at = secret_at + secret_length + 1,
                      token_length = seal_at + seal_length;
// Part of the data format: never change one.
constexpr std::string_view for_seals = "refresh seal|", for_children = "refresh child|", for_keeping = "refresh kept|";

store::Digest hash(const KeyHasher& hasher, std::string_view purpose, std::string_view text) {
  std::string all(purpose);
  const store::Digest digest = hasher.digest(all.append(text));
  wipe(all);
  return digest;
}

std::string_view bytes_of(const store::Digest& digest, std::size_t size) {
  return std::string_view(reinterpret_cast<const char*>(digest.data()), size);
}

std::string seal_of(std::string_view sealed, const KeyHasher& hasher) {
  return to_base64url(bytes_of(hash(hasher, for_seals, sealed), seal_bytes));
}

std::string hex_of(std::uint32_t number) {
  std::string text(generation_length, '0');
  for (std::size_t i = text.size(); number > 0; number >>= 4) text[--i] = "0123456789abcdef"[number & 0xF];
  return text;
}

bool is_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

RefreshToken make(store::SessionId session, std::uint32_t generation, std::string_view secret, const KeyHasher& hasher) {
  std::string text;
  text.reserve(token_length);  // grows nowhere else, so that no copy stays behind
  text.append(start).append(session.value()).append("_").append(hex_of(generation)).append("_");
  append_base64url(text, secret);
  const std::string seal = seal_of(text, hasher);
  text.append("_").append(seal);
  return RefreshToken(std::move(session), generation, Secret<std::string>(std::move(text)));
}

}  // namespace

RefreshToken first_refresh_token(const KeyHasher& hasher, RandomSource& random) {
  std::string secret(secret_bytes, '\0');
  random.fill(std::as_writable_bytes(std::span(secret)));
  RefreshToken token = make(store::SessionId(random.hex(session_length)), 0, secret, hasher);
  wipe(secret);
  return token;
}

RefreshToken child_of(const RefreshToken& parent, const KeyHasher& hasher) {
  const store::Digest secret = hash(hasher, for_children, parent.text.expose());
  return make(parent.session, parent.generation + 1, bytes_of(secret, secret_bytes), hasher);
}

std::optional<RefreshToken> read_refresh_token(std::string_view text, const KeyHasher& hasher) {
  if (text.size() != token_length || !text.starts_with(start)) return std::nullopt;
  const std::string_view session = text.substr(session_at, session_length), generation = text.substr(generation_at, generation_length);
  const std::string_view seal = text.substr(seal_at);
  if (!is_hex(session) || !is_hex(generation) || text[seal_at - 1] != '_') return std::nullopt;
  const std::string right = seal_of(text.substr(0, seal_at - 1), hasher);
  if (CRYPTO_memcmp(seal.data(), right.data(), seal.size()) != 0) return std::nullopt;
  std::uint32_t number = 0;
  std::from_chars(generation.data(), generation.data() + generation.size(), number, 16);
  return RefreshToken(store::SessionId(std::string(session)), number, Secret<std::string>(std::string(text)));
}

store::Digest digest_of(const RefreshToken& token, const KeyHasher& hasher) { return hash(hasher, for_keeping, token.text.expose()); }

}  // namespace gatehouse::identity
