// identity/login.h — a name and a password for a token.
// Rules    whether there is such a user does not show, neither in the answer nor in its time. That somebody is not active is said to
//          whoever has the right password
// Threads  any reactor
// Errors   login_failed → unauthenticated; user_inactive, tenant_disabled → permission_denied; all origin caller; server_is_overloaded
#pragma once
#include <string>

#include "gatehouse/identity/passwords.h"
#include "gatehouse/identity/tokens.h"

namespace gatehouse::identity {

struct Credentials {
  Credentials(std::string username_, Secret<std::string> password_) : username(std::move(username_)), password(std::move(password_)) {}
  std::string username;
  Secret<std::string> password;
};

// What somebody with that role may do.
Scopes scopes_of_role(std::string_view role);

class Login {
 public:
  Login(Registry& registry, const Tokens& tokens, Passwords& passwords, seconds lifetime)
      : registry_(registry), tokens_(tokens), passwords_(passwords), lifetime_(lifetime) {}

  Task<Result<IssuedToken>> by_password(Reactor& reactor, Credentials credentials) const;
  // Whose token that is. user_not_found where no user stands behind it
  Task<Result<store::User>> user_of(Reactor& reactor, const Principal& principal) const;
  seconds lifetime() const { return lifetime_; }

 private:
  Registry& registry_;
  const Tokens& tokens_;
  Passwords& passwords_;
  const seconds lifetime_;
};

}  // namespace gatehouse::identity
