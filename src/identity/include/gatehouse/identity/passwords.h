// identity/passwords.h — passwords as they are kept, made and checked on a few threads of their own.
// Layout   $argon2id$v=19$m=KIB,t=PASSES,p=1$SALT$TAG (16 and 32 bytes, base64 without padding): what it costs stands in the text, so that
//          it can be raised and old hashes are still checked. Hashes that others made with bcrypt are checked, too, and needs_rehash
// Rules    the threads run behind all others. What is asked above the queue is refused at once. A password is wiped when it has been used
// Units    memory a thread at work: cost.memory_kib, 19 MiB as OWASP recommends for two passes; 64 MiB for a text that asks for more
// Threads  hash() and verify() on any reactor; destroyed once nobody waits
// Errors   server_is_overloaded (the queue is full) → unavailable, with a time; password_hash_unreadable (none that can be checked, or one
//          that asks for more than is allowed), password_hash_failed (no memory) → internal
// Source   RFC 9106; libsodium's implementation
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/runtime/worker_pool.h"

namespace gatehouse::identity {

// Both at least 1 and 8, and no more than that.
struct PasswordCost {
  static constexpr std::uint32_t most_passes = 10, most_memory_kib = 64 * 1024;
  std::uint32_t passes = 2;
  std::uint32_t memory_kib = 19 * 1024;
  friend bool operator==(const PasswordCost&, const PasswordCost&) = default;
};

struct PasswordOptions {
  PasswordCost cost;
  std::size_t threads = 2;
  std::size_t waiting = 64;  // beside those that are worked on
};

// needs_rehash: right, and kept at another cost than today's. Who has the password at hand hashes it again.
enum class Verdict : std::uint8_t { wrong, right, right_needs_rehash };

// Whether verify() can check that: what may be brought along from elsewhere.
bool is_password_hash(std::string_view hash);

class Passwords {
 public:
  // random: safe on any thread.
  Passwords(PasswordOptions options, RandomSource& random);
  ~Passwords();
  Passwords(const Passwords&) = delete;
  Passwords& operator=(const Passwords&) = delete;

  Task<Result<std::string>> hash(Reactor& reactor, Secret<std::string> password);
  // An empty hash is nobody's: the password is wrong and that costs as much, so that who asks cannot tell whether there is such a user.
  Task<Result<Verdict>> verify(Reactor& reactor, Secret<std::string> password, std::string hash);

 private:
  struct Nobody;
  Result<std::string> make_hash(const Secret<std::string>& password) const;
  Result<Verdict> check(const Secret<std::string>& password, const std::string& hash) const;
  template <class R>
  Task<Result<R>> run(Reactor& reactor, std::function<Result<R>(Worker&)> work);

  const PasswordOptions options_;
  RandomSource& random_;
  std::unique_ptr<const Nobody> nobody_;
  std::atomic<std::size_t> asked_{0};  // waiting or worked on
  WorkerPool threads_;
};

}  // namespace gatehouse::identity
