#include "gatehouse/limits/sliding_window.h"

#include <bit>

namespace gatehouse::limits {
namespace {

constexpr Units exact_up_to = 4096, parts = 1024;

// So much may stand under one moment, the last of them.
Units together_of(const SlidingWindow& rule) { return rule.limit <= exact_up_to ? 0 : rule.limit / parts; }
std::uint64_t distance(std::int64_t from, std::int64_t to) { return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from); }
std::int64_t ticks(Instant t) { return nanoseconds(t.time_since_epoch()).count(); }
std::uint64_t length(const SlidingWindow& rule) { return static_cast<std::uint64_t>(std::max<std::int64_t>(rule.window.count(), 0)); }

}  // namespace

std::size_t WindowLog::most_bytes(const SlidingWindow& rule) {
  // Two neighbours hold more than a part together, or they would be one: fewer than two for each part.
  const Units entries = rule.limit <= exact_up_to ? rule.limit : 2 * parts;
  return std::bit_ceil(std::max<std::size_t>(entries, 4)) * sizeof(Entry);
}

// The moment that counts: never before one that was seen.
std::int64_t WindowLog::forget(const SlidingWindow& rule, Instant now) {
  latest_ = std::max(latest_, ticks(now));
  while (count_ > 0 && distance(oldest_, latest_) >= length(rule)) drop(0);
  return latest_;
}

void WindowLog::drop(std::size_t entry) {
  total_ -= at(entry).units;
  if (entry == 0) {
    first_ = (first_ + 1) & (ring_.size() - 1);
  } else {
    for (std::size_t i = entry; i + 1 < count_; ++i) at(i) = at(i + 1);
  }
  --count_;
  if (count_ > 0) oldest_ = at(0).at;
}

[[gnu::noinline]] void WindowLog::grow() {
  std::vector<Entry> larger(next_size());
  for (std::size_t i = 0; i < count_; ++i) larger[i] = at(i);
  ring_ = std::move(larger);
  first_ = 0;
}

void WindowLog::push(std::int64_t now, Units units, Units together) {
  total_ = sum(total_, units);
  if (count_ > 0) {
    Entry& last = at(count_ - 1);
    if (last.at == now || sum(last.units, units) <= together) {
      last = Entry{now, sum(last.units, units)};
      if (count_ == 1) oldest_ = now;
      return;
    }
  }
  if (count_ == ring_.size()) grow();
  ++count_;
  at(count_ - 1) = Entry{now, units};
  if (count_ == 1) oldest_ = now;
}

// Puts an entry together with the next one, where that is allowed.
bool WindowLog::join(std::size_t older, Units together) {
  if (older + 1 >= count_ || sum(at(older).units, at(older + 1).units) > together) return false;
  at(older + 1).units += at(older).units;
  total_ += at(older).units;  // drop() takes it off
  drop(older);
  return true;
}

// What is left of the entry is put together with its neighbours: else holding much and using little would make entries without end.
void WindowLog::take(std::size_t entry, Units units, Units together) {
  at(entry).units -= units;
  total_ -= units;
  if (at(entry).units == 0) {
    drop(entry);
    if (entry > 0) join(entry - 1, together);
    return;
  }
  if (entry > 0 && join(entry - 1, together)) --entry;
  join(entry, together);
}

Wait WindowLog::until_gone(std::size_t entry, const SlidingWindow& rule, std::uint64_t behind) const {
  return Wait::after_unsigned(length(rule) - distance(at(entry).at, latest_) + behind);
}

Wait WindowLog::until_room(const SlidingWindow& rule, Units volume, std::uint64_t behind) const {
  if (volume > rule.limit) return Wait::never();
  Units left = total_;
  for (std::size_t i = 0; i < count_; ++i) {
    left -= at(i).units;
    if (sum(left, volume) <= rule.limit) return until_gone(i, rule, behind);
  }
  return Wait();
}

Decision look(const SlidingWindow& rule, WindowLog& log, Units volume, const Moment& now) {
  const std::uint64_t behind = distance(ticks(now.instant), log.forget(rule, now.instant));
  const Units room = rest(rule.limit, log.total_);
  Decision said;
  said.admitted = volume <= room;
  said.remaining = said.admitted ? room - volume : room;
  if (said.admitted && volume > 0) {
    said.reset = Wait::after_unsigned(length(rule) + behind);
  } else if (log.count_ > 0) {
    said.reset = log.until_gone(log.count_ - 1, rule, behind);
  }
  if (!said.admitted) said.retry = log.until_room(rule, volume, behind);
  return said;
}

Hold spend(const SlidingWindow& rule, WindowLog& log, Units volume, Spend, const Moment& now) {
  const std::int64_t at = log.forget(rule, now.instant);
  if (volume > 0) log.push(at, volume, together_of(rule));
  return Hold{at, volume};
}

void settle(const SlidingWindow& rule, WindowLog& log, const Hold& hold, Units used, const Moment& now) {
  const std::int64_t at = log.forget(rule, now.instant);
  if (used > hold.amount) log.push(at, used - hold.amount, together_of(rule));
  if (used >= hold.amount || distance(hold.place, at) >= length(rule)) return;
  // Where it was counted is the first entry that ends no earlier.
  std::size_t low = 0, high = log.count_;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    log.at(middle).at < hold.place ? low = middle + 1 : high = middle;
  }
  if (low < log.count_) log.take(low, std::min(hold.amount - used, log.at(low).units), together_of(rule));
}

bool full_again(const SlidingWindow& rule, WindowLog& log, const Moment& now) { return look(rule, log, 0, now).reset == Wait(); }

}  // namespace gatehouse::limits
