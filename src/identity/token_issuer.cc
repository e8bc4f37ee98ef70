#include "gatehouse/identity/token_issuer.h"

#include <utility>

#include "gatehouse/wire/json/writer.h"

namespace gatehouse::identity {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

}  // namespace

Result<IssuedToken> issue_token(const wire::JwsKey& key, std::string_view issuer, const NewToken& wanted, RandomSource& random,
                                WallTime now) {
  const store::Moment issued = std::chrono::floor<seconds>(now), expires = issued + wanted.lifetime;
  std::string id = random.uuid();
  std::string payload;
  wire::JsonWriter json(payload);
  json.begin_object().member("iss", issuer).member("aud", own_audience).member("sub", wanted.subject);
  json.member("tenant_id", wanted.tenant.value());
  if (!wanted.username.empty()) json.member("username", wanted.username);
  json.member("scope", joined(wanted.scopes.names()));
  json.member("iat", issued.time_since_epoch().count()).member("exp", expires.time_since_epoch().count()).member("jti", id);
  if (!wanted.session.empty()) json.member("sid", wanted.session);
  json.end_object();
  GH_TRY(std::string token, wire::sign_jws(key, {access_token_type, payload}));
  IssuedToken issued_token(Secret<std::string>(std::move(token)), std::move(id), expires);
  issued_token.tenant = wanted.tenant;
  issued_token.subject = wanted.subject;
  return issued_token;
}

}  // namespace gatehouse::identity
