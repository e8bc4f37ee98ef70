// identity/login_pace.h — who guesses passwords has to wait, longer with each wrong one; nobody is locked out for good.
// Rules    wrong passwords are counted by user and address together, by address, and by user. Above what is free each one doubles the
//          wait, up to the longest; what is asked meanwhile is refused, without a look at the password, and counts for nothing. After that
//          time one attempt is let through. A right one forgets the first count; a user who was let in from an address before does not
//          wait there for what others try elsewhere. Counts are forgotten when nothing was wrong for a while, and with the process
//          It is by the name as it was given: whether there is such a user does not show. What is kept of names and addresses is a keyed
//          hash, so that nobody chooses how much that is
// Units    an IPv6 address counts as its network of 64 bits; an entry is some hundred bytes, whatever was given
// Threads  any
// Errors   login_slowed → rate_limited, origin caller, with the time
#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/identity/api_keys.h"

namespace gatehouse::identity {

struct PaceOptions {
  // How many wrong ones are free; 0: any number.
  std::uint32_t together = 5, address = 50, user = 100;
  seconds longest_wait{60};
  seconds forgotten_after{15 * 60};
  std::size_t most_entries = 100'000;  // of counts, and of places where users were let in
};

// Wrong passwords of one kind.
struct PaceCount {
  std::uint32_t wrong = 0;
  Instant last{};
  Instant open{};  // from then on the next attempt is let through
};

// Pure functions. How long after so many wrong ones; none while they are free.
seconds pace_wait(std::uint32_t wrong, std::uint32_t free, seconds longest);
// The count with one more.
PaceCount one_more_wrong(PaceCount count, std::uint32_t free, const PaceOptions& options, Instant now);

class LoginPace {
 public:
  // hasher: of secrets that are no API keys.
  LoginPace(PaceOptions options, KeyHasher hasher) : options_(options), hasher_(std::move(hasher)) {}

  // Somebody's attempt, until it is known what came of it. One of these is called then.
  struct Attempt {
    std::array<std::optional<store::Digest>, 3> keys;  // together, address, user; nothing: not counted
    store::Digest place{};
  };
  Result<Attempt> begin(std::string_view name, std::string_view address, Instant now);
  void wrong(const Attempt& attempt, Instant now);
  void right(const Attempt& attempt, Instant now);
  // It was not found out.
  void undone(const Attempt& attempt, Instant now);

 private:
  // Keyed by a secret: where each comes to lie is not for a caller to know.
  struct Spread {
    std::size_t operator()(const store::Digest& key) const;
  };

  store::Digest key_of(std::string_view kind, std::string_view network, std::string_view user) const;
  std::uint32_t free_of(std::size_t kind) const;
  PaceCount* find(const std::optional<store::Digest>& key, Instant now);
  void let_next_through(const Attempt& attempt, std::size_t first, Instant now);
  void make_room(Instant now);

  const PaceOptions options_;
  const KeyHasher hasher_;
  std::mutex mutex_;
  std::unordered_map<store::Digest, PaceCount, Spread> counts_;
  std::unordered_map<store::Digest, Instant, Spread> places_;  // where users were let in, and when last
};

}  // namespace gatehouse::identity
