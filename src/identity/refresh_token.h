// identity/refresh_token.h — refresh tokens: how they look, which one follows which, and what is kept of one.
// Layout   gr_<32 hex: the session>_<8 hex: the generation>_<43 base64url: the secret>_<22 base64url: the seal>. The seal is an HMAC of all
//          before it, so that what was never issued here is told from what has been used. The first secret of a session is random, each
//          other one an HMAC of the token before it: the same parent has the same child, and nothing of it needs to be kept
// Rules    a token is kept as an HMAC. All under a key that is derived from the master key for nothing else: what the store holds makes no
//          token, nor does the key without the token before
// Threads  value types; any thread
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/random.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/identity/api_keys.h"
#include "gatehouse/store/records.h"

namespace gatehouse::identity {

struct RefreshToken {
  RefreshToken(store::SessionId session_, std::uint32_t generation_, Secret<std::string> text_)
      : session(std::move(session_)), generation(generation_), text(std::move(text_)) {}
  store::SessionId session;
  std::uint32_t generation;
  Secret<std::string> text;
};

// Of a new session.
RefreshToken first_refresh_token(const KeyHasher& hasher, RandomSource& random);
RefreshToken child_of(const RefreshToken& parent, const KeyHasher& hasher);
// Nothing for what was not issued here.
std::optional<RefreshToken> read_refresh_token(std::string_view text, const KeyHasher& hasher);
// What is kept of it.
store::Digest digest_of(const RefreshToken& token, const KeyHasher& hasher);

}  // namespace gatehouse::identity
