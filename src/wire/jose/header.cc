#include "jose/header.h"

#include <algorithm>
#include <array>

#include "jose/errors.h"

namespace gatehouse::wire::jose {
namespace {

// Keys and places of keys that the caller chose, extensions that we would have to understand, and compression.
constexpr std::array<std::string_view, 7> forbidden{"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip"};

Result<std::optional<std::string_view>> text_of(const JsonMember& member) {
  if (!member.value.is_string()) return token_malformed("\"" + std::string(member.key) + "\" in the token's header is no string");
  return std::optional(member.value.string());
}

}  // namespace

Result<JwsHeader> read_header(std::string_view json, JsonParser& parser) {
  const Result<JsonValue> root = parser.parse(json);
  if (!root || !root->is_object()) return token_malformed("The token's header is no JSON object");
  JwsHeader header;
  std::optional<std::string_view> algorithm;
  for (const JsonMember& member : root->members()) {
    if (std::ranges::find(forbidden, member.key) != forbidden.end()) return token_header_not_allowed(member.key);
    std::optional<std::string_view>* wanted = member.key == "alg"   ? &algorithm
                                              : member.key == "kid" ? &header.kid
                                              : member.key == "typ" ? &header.typ
                                                                    : nullptr;
    if (wanted == nullptr) continue;
    GH_TRY(*wanted, text_of(member));
  }
  if (!algorithm) return token_malformed("The token's header has no \"alg\"");
  const std::optional<JwsAlgorithm> known = jws_algorithm(*algorithm);
  if (!known) return token_alg_not_allowed("The token's algorithm is not one that is accepted here");
  header.algorithm = *known;
  return header;
}

}  // namespace gatehouse::wire::jose
