// limits/sliding_window.h — so much in any window of this length, wherever that begins.
// Units    a window holds what was admitted from its beginning until before its end, so what came at t is gone at t + window
// Threads  value types
// Rules    up to 4,096 a log of every moment. Above that neighbours are put together as long as they hold no more than a 1,024th of the
//          limit, and count until the last of them is gone: less than a 1,024th may be refused early, and no window ever holds more than
//          the limit. A moment before the last one that was seen counts as that one
#pragma once
#include <cstddef>
#include <vector>

#include "gatehouse/limits/decision.h"

namespace gatehouse::limits {

class WindowLog;

struct SlidingWindow {
  using State = WindowLog;
  Units limit = 1;
  nanoseconds window{1};
  friend bool operator==(const SlidingWindow&, const SlidingWindow&) = default;
};

// What was admitted and is in the window still, oldest first.
class WindowLog {
 public:
  // Memory beside the object itself: at most, for this limit; now; and how much more when the next entry finds no place.
  static std::size_t most_bytes(const SlidingWindow& rule);
  std::size_t bytes() const { return ring_.size() * sizeof(Entry); }
  std::size_t bytes_to_grow() const { return count_ < ring_.size() ? 0 : (next_size() - ring_.size()) * sizeof(Entry); }
  Units held() const { return total_; }
  std::size_t entries() const { return count_; }

 private:
  struct Entry {
    std::int64_t at = 0;  // the last moment of what is put together here
    Units units = 0;
  };
  friend Decision look(const SlidingWindow&, WindowLog&, Units, const Moment&);
  friend Hold spend(const SlidingWindow&, WindowLog&, Units, Spend, const Moment&);
  friend void settle(const SlidingWindow&, WindowLog&, const Hold&, Units, const Moment&);

  std::size_t next_size() const { return ring_.empty() ? 4 : ring_.size() * 2; }
  Entry& at(std::size_t i) { return ring_[(first_ + i) & (ring_.size() - 1)]; }
  const Entry& at(std::size_t i) const { return ring_[(first_ + i) & (ring_.size() - 1)]; }
  std::int64_t forget(const SlidingWindow& rule, Instant now);
  Wait until_room(const SlidingWindow& rule, Units volume, std::uint64_t behind) const;
  Wait until_gone(std::size_t entry, const SlidingWindow& rule, std::uint64_t behind) const;
  void push(std::int64_t now, Units units, Units together);
  void grow();
  void drop(std::size_t entry);
  bool join(std::size_t older, Units together);
  void take(std::size_t entry, Units units, Units together);

  std::vector<Entry> ring_;  // its size is a power of two
  std::size_t first_ = 0, count_ = 0;
  Units total_ = 0;
  std::int64_t oldest_ = 0;  // the first entry's moment: most decisions need no more of the ring
  std::int64_t latest_ = std::numeric_limits<std::int64_t>::min();
};

// What the limit says to so much now. Nothing is spent; what has left the window is forgotten.
Decision look(const SlidingWindow& rule, WindowLog& log, Units volume, const Moment& now);
// Counts it, whether or not there is room.
Hold spend(const SlidingWindow& rule, WindowLog& log, Units volume, Spend how, const Moment& now);
// Of what was held only so much was used: the rest was never there. More than was held is counted now.
void settle(const SlidingWindow& rule, WindowLog& log, const Hold& hold, Units used, const Moment& now);
// Nothing is in the window: the log says what a new one says.
bool full_again(const SlidingWindow& rule, WindowLog& log, const Moment& now);

}  // namespace gatehouse::limits
