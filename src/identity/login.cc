#include "gatehouse/identity/login.h"

#include <utility>

#include "admission.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::identity {
namespace {

constexpr int login_tries = 3;  // each against the password that is kept then

Error login_failed() { return Error(Code::unauthenticated, Origin::caller, "login_failed", "Incorrect username or password"); }

}  // namespace

Task<Result<LoggedIn>> Login::by_password(Reactor& reactor, Credentials credentials, Client client) const {
  for (int n = 1;; ++n) {
    Result<store::User> user = co_await check(reactor, credentials, client.address);
    if (!user) co_return user.error();
    Result<LoggedIn> in = co_await sessions_.begin(reactor, std::move(*user), client);
    if (in || in.error().reason() != "user_changed" || n == login_tries) co_return in;
  }
}

Task<Result<store::User>> Login::check(Reactor& reactor, Credentials credentials, std::string address) const {
  Result<store::User> user = co_await registry_.store().users().find_by_name(reactor, credentials.username);
  if (!user && user.error().reason() != "user_not_found") co_return user.error();
  std::string kept = user ? user->password_hash : std::string();
  const Result<Verdict> verdict = co_await verify_slowly(reactor, credentials, std::move(address), std::move(kept));
  if (!verdict) co_return verdict.error();
  if (!user || *verdict == Verdict::wrong) co_return login_failed();
  if (!user->is_active) co_return user_inactive(user->id.value());
  if (*verdict == Verdict::right_needs_rehash) {
    std::string hash = co_await hash_again(reactor, *user, std::move(credentials.password));
    user->password_hash = std::move(hash);
  }
  co_return user;
}

Task<Result<Verdict>> Login::verify_slowly(Reactor& reactor, const Credentials& credentials, std::string address, std::string hash) const {
  const Result<LoginPace::Attempt> attempt = pace_.begin(credentials.username, address, clock_.now());
  if (!attempt) co_return attempt.error();
  Secret<std::string> password = credentials.password;
  Result<Verdict> verdict = co_await passwords_.verify(reactor, std::move(password), std::move(hash));
  if (!verdict) {
    pace_.undone(*attempt, clock_.now());
  } else if (*verdict == Verdict::wrong) {
    pace_.wrong(*attempt, clock_.now());
  } else {
    pace_.right(*attempt, clock_.now());
  }
  co_return verdict;
}

// Whoever is in is in: what fails here is tried again at the next login. Gives what is kept now, as far as that is known.
Task<std::string> Login::hash_again(Reactor& reactor, store::User user, Secret<std::string> password) const {
  const Result<std::string> hash = co_await passwords_.hash(reactor, std::move(password));
  if (!hash) co_return std::move(user.password_hash);
  std::string from = user.password_hash, to = *hash;
  const Status changed = co_await registry_.store().users().rehash(reactor, std::move(user.id), std::move(from), std::move(to));
  if (changed) co_return *hash;
  if (changed.error().reason() != "user_changed") {
    telemetry::log::warn("identity", "a password could not be hashed again", {{"error", changed.error().describe()}});
  }
  co_return std::move(user.password_hash);
}

}  // namespace gatehouse::identity
