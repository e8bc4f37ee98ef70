#include "gatehouse/identity/tokens.h"

#include <algorithm>
#include <utility>

#include "admission.h"
#include "gatehouse/base/base64url.h"
#include "token_verifier.h"

namespace gatehouse::identity {
namespace {

Status check_token_lifetime(seconds lifetime) {
  if (lifetime > seconds(0) && lifetime <= longest_token_lifetime) return ok();
  return caller_error("token_lifetime_invalid", "A token lives for at least a second and at most 366 days").with_param("lifetime");
}

// What was issued in the second of a revocation is taken to be from before it: a token that comes behind it is dated later, by no more than
// what clocks may differ by. See until_now, which reaches such a token, too.
constexpr std::int64_t most_seconds_later = 15;

WallTime after_revocations(const NewToken& wanted, const Directory& directory, WallTime now) {
  const std::int64_t second = unix_seconds(now);
  const std::int64_t user = directory.revoked_until(store::RevocationKind::user, wanted.subject).value_or(0);
  const std::int64_t tenant = directory.revoked_until(store::RevocationKind::tenant, wanted.tenant.value()).value_or(0);
  const std::int64_t later = std::max(user, tenant) - second + 1;
  return later > 0 && later <= most_seconds_later ? now + seconds(later) : now;
}

Error issuer_not_found() {
  return Error(Code::not_found, Origin::caller, "issuer_not_found", "No such issuer is configured").with_param("issuer");
}
Error no_token() {
  return caller_error("token_invalid", "This is no token that was issued here or by a configured issuer").with_param("token");
}

}  // namespace

Result<IssuedToken> Tokens::sign(const NewToken& wanted) const {
  GH_CHECK(check_token_lifetime(wanted.lifetime));
  const DirectoryPtr directory = registry_.current();
  const WallTime now = after_revocations(wanted, *directory, clock_.wall());
  return issue_token(directory->signing_keys()->current, directory->issuers()->own, wanted, random_, now);
}

Task<Result<IssuedToken>> Tokens::issue(Reactor& reactor, TokenWish wish) const {
  Result<store::Tenant> tenant = co_await registry_.store().tenants().find(reactor, wish.tenant);
  if (!tenant) co_return tenant.error();
  const std::vector<std::string> scopes = wish.scopes.value_or(tenant->scopes);
  const Status grantable = check_grantable(scopes, tenant->id);
  if (!grantable) co_return grantable.error();
  NewToken wanted(tenant->id, tenant->id.value(), Scopes::known(scopes), wish.lifetime.value_or(tenant->token_lifetime));
  if (wish.user) {
    store::Reach reach = store::Reach::of(tenant->id);
    const Result<store::User> user = co_await registry_.store().users().find(reactor, std::move(reach), *wish.user);
    if (!user) co_return user.error();
    wanted.subject = user->id.value();
    wanted.username = user->username;
  }
  co_return sign(wanted);
}

Task<Status> Tokens::revoke_id(Reactor& reactor, std::string id, std::string issuer) const {
  if (id.empty() || id.size() > longest_token_id) {
    co_return caller_error("token_id_invalid", "A token's jti has 1 to 256 characters").with_param("jti");
  }
  const store::Moment now = std::chrono::floor<seconds>(clock_.wall());
  if (!issuer.empty() && !registry_.current()->issuers()->find(issuer)) co_return issuer_not_found();
  store::Revocation revocation(store::RevocationKind::token_id, marked(issuer, id), now + longest_token_lifetime);
  revocation.expires = now + longest_token_lifetime;
  co_return co_await registry_.revoke(reactor, std::move(revocation));
}

Task<Result<std::string>> Tokens::revoke(Reactor& reactor, Secret<std::string> token) const {
  const WallTime now = clock_.wall();
  const DirectoryPtr directory = registry_.current();
  TokenVerifier verifier;
  const Result<VerifiedToken> verified = verifier.verify(token.expose(), now, *directory);
  if (!verified) co_return no_token().with_detail(verified.error().describe());
  const bool by_hash = named_by_hash(*verified);
  const std::string issuer = verified->issuer ? verified->issuer->name : std::string();
  if (!by_hash && verified->claims.token_id.empty()) co_return no_token().with_detail("without jti");
  const store::Moment ends{seconds(verified->claims.expires_at)};
  std::string name = by_hash ? sha256_hex(token.expose()) : marked(issuer, verified->claims.token_id);
  store::Revocation revocation(by_hash ? store::RevocationKind::token_sha256 : store::RevocationKind::token_id, name, ends);
  revocation.expires = ends + wire::max_claim_leeway;
  const Status revoked = co_await registry_.revoke(reactor, std::move(revocation));
  if (!revoked) co_return revoked.error();
  co_return name;
}

Task<Status> Tokens::revoke(Reactor& reactor, const Principal& principal) const {
  const bool by_id = principal.token.sha256.empty();
  const std::string name = by_id ? marked(principal.token.issuer, principal.token.id) : principal.token.sha256;
  if (name.empty()) co_return no_token().with_detail("without jti");
  const store::Moment ends{seconds(principal.valid_until)};
  store::Revocation revocation(by_id ? store::RevocationKind::token_id : store::RevocationKind::token_sha256, name, ends);
  revocation.expires = ends + wire::max_claim_leeway;
  co_return co_await registry_.revoke(reactor, std::move(revocation));
}

store::Revocation Tokens::until_now(store::RevocationKind kind, std::string id) const {
  const store::Moment now = std::chrono::floor<seconds>(clock_.wall());
  const std::optional<std::int64_t> before = registry_.current()->revoked_until(kind, id);
  const store::Moment until = before ? std::max(now, store::Moment(seconds(*before + 1))) : now;
  store::Revocation revocation(kind, std::move(id), until);
  revocation.expires = until + longest_token_lifetime + wire::max_claim_leeway;
  return revocation;
}

Task<Status> Tokens::revoke_until_now(Reactor& reactor, store::RevocationKind kind, std::string id) const {
  store::Revocation revocation = until_now(kind, std::move(id));
  co_return co_await registry_.revoke(reactor, std::move(revocation));
}

store::Revocation Tokens::end_of_user(const store::UserId& user) const { return until_now(store::RevocationKind::user, user.value()); }

Task<Status> Tokens::revoke_user(Reactor& reactor, store::UserId user) const {
  store::Reach reach = store::Reach::everything();
  const Result<store::User> found = co_await registry_.store().users().find(reactor, std::move(reach), user);
  if (!found) co_return found.error();
  std::string id = user.value();
  co_return co_await revoke_until_now(reactor, store::RevocationKind::user, std::move(id));
}

Task<Status> Tokens::revoke_subject(Reactor& reactor, std::string issuer, std::string subject) const {
  if (!registry_.current()->issuers()->find(issuer)) co_return issuer_not_found();
  std::string mark = marked(issuer, subject);
  co_return co_await revoke_until_now(reactor, store::RevocationKind::user, std::move(mark));
}

Task<Status> Tokens::revoke_tenant(Reactor& reactor, TenantId tenant) const {
  const Result<store::Tenant> found = co_await registry_.store().tenants().find(reactor, tenant);
  if (!found) co_return found.error();
  std::string id = tenant.value();
  co_return co_await revoke_until_now(reactor, store::RevocationKind::tenant, std::move(id));
}

InspectedToken Tokens::inspect(const Secret<std::string>& token) const {
  InspectedToken found;
  const std::string& text = token.expose();
  const std::size_t first = text.find('.'), second = text.find('.', first + 1);
  if (second != std::string::npos) {
    std::optional<std::string> payload = from_base64url(std::string_view(text).substr(first + 1, second - first - 1));
    wire::JsonParser parser;
    if (payload && parser.parse(*payload)) found.claims = std::move(*payload);
  }
  const WallTime now = clock_.wall();
  const DirectoryPtr directory = registry_.current();
  TokenVerifier verifier;
  const Result<VerifiedToken> verified = verifier.verify(text, now, *directory);
  const Result<PrincipalPtr> admitted = verified ? admit_token(*verified, text, *directory, now) : Result<PrincipalPtr>(verified.error());
  if (!admitted) found.refusal = admitted.error().describe();
  return found;
}

}  // namespace gatehouse::identity
