// identity/login.h — a name and a password for a session.
// Rules    whether there is such a user does not show, neither in the answer nor in its time. That somebody is not active is said to
//          whoever has the right password. A password that is kept at another cost than today's, or as others keep theirs, is hashed again
// Threads  any reactor
// Errors   login_failed → unauthenticated; user_inactive, tenant_disabled → permission_denied; all origin caller; login_slowed;
//          server_is_overloaded; those of the store
#pragma once
#include <string>
#include <utility>

#include "gatehouse/identity/login_pace.h"
#include "gatehouse/identity/passwords.h"
#include "gatehouse/identity/sessions.h"

namespace gatehouse::identity {

struct Credentials {
  Credentials(std::string username_, Secret<std::string> password_) : username(std::move(username_)), password(std::move(password_)) {}
  std::string username;
  Secret<std::string> password;
};

class Login {
 public:
  // hasher: of secrets that are no API keys.
  Login(Registry& registry, const Sessions& sessions, Passwords& passwords, KeyHasher hasher, const Clock& clock, PaceOptions pace)
      : registry_(registry), sessions_(sessions), passwords_(passwords), clock_(clock), pace_(pace, std::move(hasher)) {}

  // A session begins where the password that was checked is theirs still, and they are active; else it is looked at again.
  Task<Result<LoggedIn>> by_password(Reactor& reactor, Credentials credentials, Client client) const;
  // The user whose password that is, from that address.
  Task<Result<store::User>> check(Reactor& reactor, Credentials credentials, std::string address) const;

 private:
  Task<Result<Verdict>> verify_slowly(Reactor& reactor, const Credentials& credentials, std::string address, std::string hash) const;
  Task<std::string> hash_again(Reactor& reactor, store::User user, Secret<std::string> password) const;

  Registry& registry_;
  const Sessions& sessions_;
  Passwords& passwords_;
  const Clock& clock_;
  mutable LoginPace pace_;
};

}  // namespace gatehouse::identity
