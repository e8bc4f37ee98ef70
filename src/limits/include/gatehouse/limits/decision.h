// limits/decision.h — what a limit says: whether so much may be had now, what is left, and how long until there is more.
// Units    Units are what the limit counts: calls, tokens, billionths of money, calls at once. Waits count nanoseconds and are rounded up
// Threads  value types
#pragma once
#include <algorithm>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>

#include "gatehouse/base/clock.h"

namespace gatehouse::limits {

using Units = std::uint64_t;
// More than any limit may be: what an integer of a structured field can say (RFC 9651, section 3.3.1).
inline constexpr Units most_units = 999'999'999'999'999;

constexpr Units sum(Units a, Units b) { return a > std::numeric_limits<Units>::max() - b ? std::numeric_limits<Units>::max() : a + b; }
constexpr Units rest(Units whole, Units part) { return whole > part ? whole - part : 0; }

// Both clocks, read once a decision: windows go by the one that only goes forward, days by the one that people read.
struct Moment {
  Instant instant;
  WallTime wall;
};

// How long until something is so by itself. The order is by length: never is the longest, and where nobody knows it is not even said how
// short.
class Wait {
 public:
  constexpr Wait() = default;
  static constexpr Wait after(nanoseconds time) { return Wait(std::clamp(time.count(), std::int64_t{0}, endless - 1)); }
  static constexpr Wait after_unsigned(std::uint64_t ns) {
    return after(nanoseconds(static_cast<std::int64_t>(std::min<std::uint64_t>(ns, endless - 1))));
  }
  // When somebody gives back what they hold.
  static constexpr Wait unknown() { return Wait(-1); }
  static constexpr Wait never() { return Wait(endless); }

  constexpr bool is_never() const { return ns_ == endless; }
  // Nothing for never, and where nobody knows.
  constexpr std::optional<nanoseconds> time() const { return ns_ < 0 || is_never() ? std::nullopt : std::optional(nanoseconds(ns_)); }
  friend constexpr auto operator<=>(const Wait&, const Wait&) = default;

 private:
  static constexpr std::int64_t endless = std::numeric_limits<std::int64_t>::max();
  constexpr explicit Wait(std::int64_t ns) : ns_(ns) {}
  std::int64_t ns_ = 0;
};

struct Decision {
  bool admitted = true;
  Units remaining = 0;  // once this has been admitted or refused
  Wait reset;           // until all of it is there again, if nobody spends meanwhile
  Wait retry;           // until so much may be had, if nobody spends meanwhile; nothing when admitted
  friend bool operator==(const Decision&, const Decision&) = default;
};

// Whether what is admitted is spent with that, or may partly come back: tokens are reserved before they are made. What is spent unless it
// is given back counts as used until somebody says that less was.
enum class Spend : std::uint8_t { at_once, by_use, unless_given_back };

// What was taken out of a limit, and where it was counted there.
struct Hold {
  std::int64_t place = 0;
  Units amount = 0;
};

}  // namespace gatehouse::limits
