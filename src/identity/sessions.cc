#include "gatehouse/identity/sessions.h"

#include <algorithm>
#include <utility>

#include "admission.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/wire/jose/claims.h"
#include "refresh_decision.h"
#include "refresh_token.h"

namespace gatehouse::identity {
namespace {

constexpr std::size_t longest_agent = 200;
constexpr int refresh_tries = 5;  // of many refreshes at once one gets through at a time

Error refusal_of(RefreshVerdict verdict) {
  if (verdict == RefreshVerdict::expired) return refused("token_expired", "Token has expired");
  return refused("token_invalid", "Invalid token").with_detail("a refresh token of no session");
}

// Session or user went while it was looked at: it reads as it would have a moment later.
Error as_refused(const Error& error) {
  const bool gone = error.reason() == "session_not_found" || error.reason() == "user_not_found";
  return gone ? refusal_of(RefreshVerdict::unknown) : error;
}

// For people to read, whatever bytes came.
std::string readable(std::string_view text) {
  std::string out(text.substr(0, longest_agent));
  std::ranges::replace_if(out, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return out;
}

}  // namespace

// Until its last access token has expired. Whatever that says of when it was issued: no other session is ever called so.
store::SessionEnd Sessions::end_now() const {
  const store::Moment over = now() + rules_.access_lifetime + wire::max_claim_leeway + seconds(1);
  return store::SessionEnd(over, over);
}

// Within the grace the same refresh gives one more, which is no news to the store; and one that is issued in the second of a revocation is
// dated a few seconds later.
store::Moment Sessions::access_until(const IssuedToken& access) const {
  return access.expires + rules_.grace + wire::max_claim_leeway + seconds(20);
}

store::Digest Sessions::mark_of(const Client& client) const {
  return hasher_.digest("refresh client|" + client.address + "|" + client.user_agent);
}

Result<IssuedToken> Sessions::access_token(const store::User& user, const store::SessionId& session) const {
  const DirectoryPtr directory = registry_.current();
  const TenantEntry* tenant = directory->tenant(user.tenant);
  if (tenant == nullptr || !tenant->record.enabled) return tenant_disabled(user.tenant.value());
  if (!user.is_active) return user_inactive(user.id.value());
  NewToken wanted(user.tenant, user.id.value(), directory->grants_of(user.tenant, user.role).scopes, rules_.access_lifetime);
  wanted.username = user.username;
  wanted.session = session.value();
  return tokens_.sign(wanted);
}

Task<Result<LoggedIn>> Sessions::begin(Reactor& reactor, store::User user, Client client) const {
  RefreshToken token = first_refresh_token(hasher_, random_);
  Result<IssuedToken> access = access_token(user, token.session);
  if (!access) co_return access.error();
  store::Session session(token.session, user.id);
  session.digest = digest_of(token, hasher_);
  session.address = readable(client.address);
  session.user_agent = readable(client.user_agent);
  session.created = session.last_used = now();
  session.expires = session.created + rules_.refresh_lifetime;
  session.access_until = access_until(*access);
  store::NewSession wanted(std::move(session), std::move(user.password_hash), rules_.most, end_now());
  const Status begun = co_await registry_.begin_session(reactor, std::move(wanted));
  if (!begun) co_return begun.error();
  co_return LoggedIn(std::move(*access), std::move(token.text));
}

Task<Result<LoggedIn>> Sessions::refresh(Reactor& reactor, Secret<std::string> token, Client client,
                                         std::optional<store::User>* whose) const {
  for (int n = 1;; ++n) {
    Result<LoggedIn> refreshed = co_await refresh_once(reactor, token, client, whose);
    if (refreshed || refreshed.error().reason() != "version_conflict" || n == refresh_tries) co_return refreshed;
  }
}

Task<Result<store::User>> Sessions::user_of(Reactor& reactor, const store::Session& session) const {
  store::Reach reach = store::Reach::everything();
  co_return co_await registry_.store().users().find(reactor, std::move(reach), session.user);
}

Task<Result<LoggedIn>> Sessions::refresh_once(Reactor& reactor, const Secret<std::string>& token, const Client& client,
                                              std::optional<store::User>* whose) const {
  const std::optional<RefreshToken> shown = read_refresh_token(token.expose(), hasher_);
  if (!shown) co_return refusal_of(RefreshVerdict::unknown);
  Result<store::Session> found = co_await registry_.store().sessions().find(reactor, shown->session);
  if (!found && found.error().reason() != "session_not_found") co_return found.error();
  std::optional<store::Session> session;
  if (found) session = std::move(*found);
  const store::Moment at = now();
  const ShownToken as_shown(shown->generation, digest_of(*shown, hasher_), mark_of(client));
  const RefreshVerdict verdict = decide_refresh(session, as_shown, at, rules_.grace);
  if (verdict == RefreshVerdict::reuse) co_return co_await end_reused(reactor, std::move(*session), whose);
  if (verdict != RefreshVerdict::rotate && verdict != RefreshVerdict::same_child) co_return refusal_of(verdict);
  Result<store::User> user = co_await user_of(reactor, *session);
  if (!user) co_return as_refused(user.error());
  Result<IssuedToken> access = access_token(*user, session->id);
  if (!access) co_return access.error();
  RefreshToken child = child_of(*shown, hasher_);
  if (verdict == RefreshVerdict::rotate) {
    session->used.emplace(as_shown.digest, as_shown.client, at);
    session->generation = child.generation;
    session->digest = digest_of(child, hasher_);
    session->address = readable(client.address);
    session->user_agent = readable(client.user_agent);
    session->last_used = at;
    session->expires = at + rules_.refresh_lifetime;
    session->access_until = access_until(*access);
    const Result<store::Session> rotated = co_await registry_.store().sessions().rotate(reactor, std::move(*session));
    if (!rotated) co_return as_refused(rotated.error());
  }
  co_return LoggedIn(std::move(*access), std::move(child.text));
}

// Whoever shows it and whoever used it: one of them is not the user.
Task<Error> Sessions::end_reused(Reactor& reactor, store::Session session, std::optional<store::User>* whose) const {
  if (whose != nullptr) {
    Result<store::User> user = co_await user_of(reactor, session);
    if (user) *whose = std::move(*user);
  }
  const Status ended = co_await end(reactor, session.user, session.id);
  if (!ended && ended.error().reason() != "session_not_found") co_return ended.error();
  telemetry::log::warn("identity", "a refresh token was used twice: its session has ended",
                       {{"user", session.user.value()}, {"session", session.id.value()}});
  co_return refused("token_revoked", "Token has been revoked").with_detail("a refresh token that has been used");
}

Task<Result<std::vector<store::Session>>> Sessions::list(Reactor& reactor, store::UserId user) const {
  Result<std::vector<store::Session>> sessions = co_await registry_.store().sessions().list(reactor, std::move(user));
  if (sessions) std::erase_if(*sessions, [at = now()](const store::Session& session) { return session.expires <= at; });
  co_return sessions;
}

Task<Status> Sessions::end(Reactor& reactor, store::UserId user, store::SessionId id) const {
  co_return co_await registry_.end_session(reactor, std::move(user), std::move(id), end_now());
}

Task<Status> Sessions::end_others(Reactor& reactor, store::UserId user, store::SessionId kept) const {
  co_return co_await registry_.end_other_sessions(reactor, std::move(user), std::move(kept), end_now());
}

}  // namespace gatehouse::identity
