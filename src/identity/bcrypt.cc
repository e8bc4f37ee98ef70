#include "bcrypt.h"

#include <crypt.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <memory>

namespace gatehouse::identity {
namespace {

constexpr std::size_t hash_length = 60, cost_at = 4;
constexpr std::string_view alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view least_cost = "04", most_cost = "14";

}  // namespace

bool is_bcrypt(std::string_view hash) {
  if (hash.size() != hash_length || !hash.starts_with("$2") || hash[3] != '$' || hash[6] != '$') return false;
  const std::string_view cost = hash.substr(cost_at, 2);
  const bool digits = std::ranges::all_of(cost, [](char c) { return c >= '0' && c <= '9'; });
  return std::string_view("aby").find(hash[2]) != std::string_view::npos && digits && cost >= least_cost && cost <= most_cost &&
         hash.substr(7).find_first_not_of(alphabet) == std::string_view::npos;
}

bool matches_bcrypt(const Secret<std::string>& password, const std::string& hash) {
  const std::string& text = password.expose();
  if (text.find('\0') != std::string::npos) return false;
  const auto room = std::make_unique<crypt_data>();
  const char* const computed = crypt_r(text.c_str(), hash.c_str(), room.get());
  const bool same =
      computed != nullptr && std::string_view(computed).size() == hash.size() && CRYPTO_memcmp(computed, hash.data(), hash.size()) == 0;
  wipe(room.get(), sizeof(crypt_data));
  return same;
}

}  // namespace gatehouse::identity
