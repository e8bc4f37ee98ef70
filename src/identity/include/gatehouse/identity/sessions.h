// identity/sessions.h — what a login begins: access tokens, and refresh tokens that give more of them.
// Rules    a refresh token is used once; who shows one that has been used ends the session, but for a short grace (refresh_decision.h).
//          Each token of a session carries its id as sid, so that its end reaches all of them. What a token may be used for is what the
//          user's role gives at that moment
// Units    of a user at most `most` sessions: the one too many ends that which was used longest ago
// Threads  any reactor
// Errors   token_invalid, token_expired, token_revoked → unauthenticated; user_inactive, tenant_disabled → permission_denied; all origin
//          caller; session_not_found; those of the store
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/identity/api_keys.h"
#include "gatehouse/identity/registry.h"
#include "gatehouse/identity/tokens.h"

namespace gatehouse::identity {

// Who is at the other end, as far as that can be told.
struct Client {
  Client(std::string address_, std::string user_agent_) : address(std::move(address_)), user_agent(std::move(user_agent_)) {}
  std::string address, user_agent;
};

struct LoggedIn {
  LoggedIn(IssuedToken access_, Secret<std::string> refresh_) : access(std::move(access_)), refresh(std::move(refresh_)) {}
  IssuedToken access;
  Secret<std::string> refresh;
};

// The longest that a configuration may say.
inline constexpr seconds longest_access_lifetime = std::chrono::days(30);

struct SessionRules {
  seconds access_lifetime = std::chrono::minutes(30);
  seconds refresh_lifetime = std::chrono::days(30);  // of each refresh token
  seconds grace{10};
  std::size_t most = 100;
};

class Sessions {
 public:
  // hasher: of secrets that are no API keys.
  Sessions(Registry& registry, const Tokens& tokens, KeyHasher hasher, RandomSource& random, const Clock& clock, SessionRules rules)
      : registry_(registry), tokens_(tokens), hasher_(std::move(hasher)), random_(random), clock_(clock), rules_(rules) {}

  // The user has shown who they are, by the password that the record says. user_changed: it is another one by now, or they are off
  Task<Result<LoggedIn>> begin(Reactor& reactor, store::User user, Client client) const;
  // whose: filled where a session ends by that, for its record; may be null.
  Task<Result<LoggedIn>> refresh(Reactor& reactor, Secret<std::string> token, Client client, std::optional<store::User>* whose) const;
  Task<Result<std::vector<store::Session>>> list(Reactor& reactor, store::UserId user) const;
  Task<Status> end(Reactor& reactor, store::UserId user, store::SessionId id) const;
  // All but that one; empty: all.
  Task<Status> end_others(Reactor& reactor, store::UserId user, store::SessionId kept) const;
  const SessionRules& rules() const { return rules_; }
  // How a session that ends now does.
  store::SessionEnd end_now() const;

 private:
  store::Moment now() const { return std::chrono::floor<seconds>(clock_.wall()); }
  store::Digest mark_of(const Client& client) const;
  store::Moment access_until(const IssuedToken& access) const;
  Result<IssuedToken> access_token(const store::User& user, const store::SessionId& session) const;
  Task<Result<store::User>> user_of(Reactor& reactor, const store::Session& session) const;
  Task<Result<LoggedIn>> refresh_once(Reactor& reactor, const Secret<std::string>& token, const Client& client,
                                      std::optional<store::User>* whose) const;
  Task<Error> end_reused(Reactor& reactor, store::Session session, std::optional<store::User>* whose) const;

  Registry& registry_;
  const Tokens& tokens_;
  const KeyHasher hasher_;
  RandomSource& random_;
  const Clock& clock_;
  const SessionRules rules_;
};

}  // namespace gatehouse::identity
