// identity/argon2id.h — Argon2id: its text, read strictly, and its tag.
// Threads  value types; compute takes memory and time, for threads that may block
// Source   RFC 9106; the text as the reference implementation writes it
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/identity/passwords.h"

namespace gatehouse::identity {

struct Argon2id {
  static constexpr std::string_view scheme = "$argon2id$";
  explicit Argon2id(PasswordCost cost_) : cost(cost_) {}
  PasswordCost cost;
  std::array<unsigned char, 16> salt{};
  std::array<unsigned char, 32> tag{};
};

// Once a process, before anything else here. False: libsodium does not work.
bool start_argon2id();

std::string text_of(const Argon2id& hash);
// Nothing for what text_of does not write, and for more than PasswordCost allows.
std::optional<Argon2id> parse_argon2id(std::string_view text);

// With this cost and salt. password_hash_failed
Status compute_tag(const Secret<std::string>& password, Argon2id& hash);

}  // namespace gatehouse::identity
