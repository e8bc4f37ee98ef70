#include "gatehouse/identity/passwords.h"

#include <openssl/crypto.h>
#include <sys/resource.h>

#include <optional>
#include <span>

#include "argon2id.h"
#include "bcrypt.h"

namespace gatehouse::identity {
namespace {

constexpr int niceness = 10;  // who logs in does not slow down those who are in

Error too_many_wait() {
  return Error(Code::unavailable, Origin::gatehouse, "server_is_overloaded", "Too many passwords are being checked; please try again later")
      .with_retry(Retry::after(seconds(1)));
}

void fill(std::span<unsigned char> bytes, RandomSource& random) { random.fill(std::as_writable_bytes(bytes)); }

bool equal(const Argon2id& a, const Argon2id& b) { return CRYPTO_memcmp(a.tag.data(), b.tag.data(), a.tag.size()) == 0; }

}  // namespace

// Today's cost, a salt, and a tag that belongs to no password.
struct Passwords::Nobody {
  explicit Nobody(PasswordCost cost) : hash(cost) {}
  Argon2id hash;
};

bool is_password_hash(std::string_view hash) { return is_bcrypt(hash) || parse_argon2id(hash).has_value(); }

Passwords::Passwords(PasswordOptions options, RandomSource& random)
    : options_(options), random_(random), threads_("passwords", options.threads, options.threads + options.waiting) {
  GH_ASSERT(start_argon2id());
  auto nobody = std::make_unique<Nobody>(options.cost);
  fill(nobody->hash.salt, random);
  fill(nobody->hash.tag, random);
  GH_ASSERT(parse_argon2id(text_of(nobody->hash)).has_value());  // the cost is one that is allowed
  nobody_ = std::move(nobody);
}

Passwords::~Passwords() = default;

template <class R>
Task<Result<R>> Passwords::run(Reactor& reactor, std::function<Result<R>(Worker&)> work) {
  if (asked_.fetch_add(1) >= options_.threads + options_.waiting) {
    asked_.fetch_sub(1);
    co_return too_many_wait();
  }
  std::function<Result<R>(Worker&)> counted = [this, work = std::move(work)](Worker& worker) {
    setpriority(PRIO_PROCESS, 0, niceness);  // of this thread
    Result<R> result = work(worker);
    asked_.fetch_sub(1);
    return result;
  };
  auto running = threads_.run<Result<R>>(reactor, std::move(counted));
  std::optional<Result<R>> result = co_await std::move(running);
  GH_ASSERT(result.has_value());  // the pool's queue holds as many as were let in
  co_return std::move(*result);
}

Task<Result<std::string>> Passwords::hash(Reactor& reactor, Secret<std::string> password) {
  std::function<Result<std::string>(Worker&)> work = [this, password = std::move(password)](Worker&) { return make_hash(password); };
  return run<std::string>(reactor, std::move(work));
}

Task<Result<Verdict>> Passwords::verify(Reactor& reactor, Secret<std::string> password, std::string hash) {
  std::function<Result<Verdict>(Worker&)> work = [this, password = std::move(password), hash = std::move(hash)](Worker&) {
    return check(password, hash);
  };
  return run<Verdict>(reactor, std::move(work));
}

Result<std::string> Passwords::make_hash(const Secret<std::string>& password) const {
  Argon2id made(options_.cost);
  fill(made.salt, random_);
  GH_CHECK(compute_tag(password, made));
  return text_of(made);
}

// The scheme that a hash begins with says who checks it.
Result<Verdict> Passwords::check(const Secret<std::string>& password, const std::string& hash) const {
  if (is_bcrypt(hash)) return matches_bcrypt(password, hash) ? Verdict::right_needs_rehash : Verdict::wrong;
  const std::optional<Argon2id> kept = hash.empty() ? nobody_->hash : parse_argon2id(hash);
  if (!kept) return internal_error("password_hash_unreadable", "a password's hash is none that was written here");
  Argon2id presented = *kept;
  GH_CHECK(compute_tag(password, presented));
  if (hash.empty() || !equal(presented, *kept)) return Verdict::wrong;
  return kept->cost == options_.cost ? Verdict::right : Verdict::right_needs_rehash;
}

}  // namespace gatehouse::identity
