// identity/token_issuer.h — our own access tokens: signed JWTs of type at+jwt.
// Claims   iss, aud, sub (a user's id, or the tenant's), tenant_id, username where there is a user, scope, iat, exp, jti, sid where
//          there is a session
// Threads  pure functions of their arguments
// Errors   token_too_large: more scopes than fit; those of sign_jws
// Source   RFC 9068
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/strong.h"
#include "gatehouse/identity/scopes.h"
#include "gatehouse/store/records.h"
#include "gatehouse/wire/jose/jws.h"

namespace gatehouse::identity {

inline constexpr std::string_view own_audience = "gatehouse", access_token_type = "at+jwt";
constexpr seconds longest_token_lifetime = std::chrono::days(366);

struct NewToken {
  NewToken(TenantId tenant_, std::string subject_, Scopes scopes_, seconds lifetime_)
      : tenant(std::move(tenant_)), subject(std::move(subject_)), scopes(scopes_), lifetime(lifetime_) {}
  TenantId tenant;
  std::string subject, username, session;
  Scopes scopes;
  seconds lifetime;
};

struct IssuedToken {
  IssuedToken(Secret<std::string> token_, std::string id_, store::Moment expires_)
      : token(std::move(token_)), id(std::move(id_)), expires(expires_) {}
  Secret<std::string> token;
  std::string id;  // jti
  store::Moment expires;
  TenantId tenant;
  std::string subject;
};

Result<IssuedToken> issue_token(const wire::JwsKey& key, std::string_view issuer, const NewToken& wanted, RandomSource& random,
                                WallTime now);

}  // namespace gatehouse::identity
