#include "gatehouse/limits/limit_table.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <new>
#include <utility>

#include "gatehouse/base/assert.h"
#include "limit_shard.h"

namespace gatehouse::limits {
namespace {

// So many states are looked at before there is no room: what one call may cost is bounded, and the next one looks further.
constexpr std::size_t looked_at = 16;

std::uint64_t folded(std::uint64_t a, std::uint64_t b) {
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

bool is_given_back(const Charge& charge) { return charge.spend != Spend::at_once || std::holds_alternative<Concurrency>(*charge.rule); }

constexpr Decision no_room{false, 0, Wait::unknown(), Wait::unknown()};
Decision look_at_new(const Limit& rule, const Moment& now) {
  LimitState none;
  return look(rule, none, 0, now);
}

// A wait that was counted from a later moment.
Wait counted_from(const Wait& wait, nanoseconds earlier) {
  const auto time = wait.time();
  return !time || *time == nanoseconds(0)
             ? wait
             : Wait::after_unsigned(static_cast<std::uint64_t>(time->count()) + static_cast<std::uint64_t>(earlier.count()));
}

}  // namespace

// The shards of some charges, locked in their order, and the moment that counts there.
class LimitTable::Locked {
 public:
  Locked(LimitTable& table, std::span<Charge> charges, const Moment& asked) : now_(asked) {
    GH_ASSERT(charges.size() <= most_charges);
    auto next = std::span(of_charges_).begin();
    for (Charge& charge : charges) {
      if (charge.place == 0) charge.place = table.place_of(charge.key);
      *next = &table.shard_of(charge.place);
      insert(*next++);
    }
    for (Shard* const shard : held()) {
      shard->lock.lock();
      now_.instant = std::max(now_.instant, shard->latest);
    }
    for (Shard* const shard : held()) shard->latest = now_.instant;
  }
  ~Locked() {
    for (Shard* const shard : held()) shard->lock.unlock();
  }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

  const Moment& now() const { return now_; }
  // Of the charges, in their order.
  std::span<Shard* const> shards() const { return of_charges_; }

 private:
  std::span<Shard* const> held() const { return std::span(held_).first(shards_); }
  // Each once, in order: they are few.
  void insert(Shard* shard) {
    for (const Shard* const one : held()) {
      if (one == shard) return;
    }
    std::size_t at = shards_++;
    for (; at > 0 && std::less<Shard*>()(shard, held_[at - 1]); --at) held_[at] = held_[at - 1];
    held_[at] = shard;
  }

  std::array<Shard*, most_charges> of_charges_, held_;  // the first of them
  std::size_t shards_ = 0;
  Moment now_;
};

std::optional<std::size_t> longest_refusal(std::span<const Charge> charges) {
  std::optional<std::size_t> longest;
  for (std::size_t i = 0; i < charges.size(); ++i) {
    if (charges[i].decision.admitted) continue;
    if (!longest || charges[*longest].decision.retry < charges[i].decision.retry) longest = i;
  }
  return longest;
}

std::size_t LimitTable::Hash::operator()(const LimitKey& key) const {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U, upper = 0xffffffff00000000U;
  const std::uint64_t subject = folded(key.subject.high ^ seed, key.subject.low ^ odd);
  return static_cast<std::size_t>((subject & upper) | (folded(subject ^ key.limit, seed | 1U) & ~upper));
}

LimitTable::LimitTable(Size size, RandomSource& random)
    : hash_{random.next_u64()},
      shard_count_(std::bit_floor(std::max<std::size_t>(size.shards, 1))),
      shards_(std::make_unique<Shard[]>(shard_count_)) {
  for (std::size_t i = 0; i < shard_count_; ++i) shards_[i].most_bytes = size.bytes / shard_count_;
}

LimitTable::~LimitTable() = default;

LimitTable::Shard& LimitTable::shard_of(std::size_t place) const { return shards_[(place >> 32U) & (shard_count_ - 1)]; }

std::size_t LimitTable::remembered() const {
  std::size_t states = 0;
  for (std::size_t i = 0; i < shard_count_; ++i) {
    const std::lock_guard held(shards_[i].lock);
    states += shards_[i].order.size();
  }
  return states;
}

// Lets go of what is full again until there is room for so much.
bool LimitTable::make_room(Shard& shard, std::size_t bytes, const Moment& now) {
  for (std::size_t looks = 0; shard.bytes + bytes > shard.most_bytes; ++looks) {
    if (looks == looked_at || shard.order.empty()) return false;
    if (shard.hand >= shard.order.size()) shard.hand = 0;
    Node& node = *shard.order[shard.hand];
    if (!node.pinned && node.kept == 0 && full_again(node.rule, node.state, now)) {
      shard.forget(shard.hand);
    } else {
      ++shard.hand;
    }
  }
  return true;
}

[[gnu::always_inline]] inline LimitTable::Found LimitTable::find(Shard& shard, const Charge& charge, const Moment& now) {
  Node* const found = shard.find(charge.key, charge.place);
  if (found == nullptr) return charge.volume == 0 ? Found{} : make(shard, charge, now);
  found->rule = *charge.rule;  // which may have been changed
  return Found{found, false};
}

LimitTable::Found LimitTable::make(Shard& shard, const Charge& charge, const Moment& now) {
  if (make_room(shard, sizeof(Node) + overhead_bytes, now)) return Found{&shard.add(charge.key, charge.place, *charge.rule), false};
  if (!is_rate(*charge.rule)) {
    ++crowded_;
    return Found{};
  }
  ++shared_;
  const LimitKey key = shared_key(charge.key);
  const std::size_t place = place_of(key);
  Node* const found = shard.find(key, place);
  return Found{found == nullptr ? &shard.add(key, place, *charge.rule) : found, true};
}

// Whether there is memory for one more entry. A state that many share always has it: there are few of those.
bool LimitTable::may_grow(Shard& shard, const Found& found, const Moment& now) {
  const std::size_t more = found.shared ? 0 : bytes_to_grow(found.node->state);
  if (more <= overhead_bytes || make_room(shard, more, now)) return true;
  ++crowded_;
  return false;
}

// Those behind a lot that is refused are told what they would get, and take nothing.
bool LimitTable::decide(std::span<Charge> charges, const Moment& now, Then then, Reservation& into) {
  bool all = true;
  do {
    const auto lot = charges.first(std::min(charges.size(), most_charges));
    charges = charges.subspan(lot.size());
    all = decide_lot(lot, now, all ? then : Then::leave, into) && all;
  } while (!charges.empty());
  return all;
}

std::optional<Reservation> LimitTable::reserve(std::span<Charge> charges, const Moment& now) {
  Reservation made(*this);  // outlives the locks: what it gives back when something is thrown or refused needs them
  if (decide(charges, now, Then::take, made)) return made;
  // Who was let through by one lot and refused by the next has not been let through.
  for (Reservation::Account& account : made.accounts_) account.used = 0;
  return std::nullopt;
}

Reservation LimitTable::nothing() { return Reservation(*this); }

void LimitTable::look(std::span<Charge> charges, const Moment& now) {
  Reservation none(*this);
  decide(charges, now, Then::leave, none);
}

// What is asked of that state by this charge and those before it.
Units LimitTable::asked_together(std::span<const Charge> charges, std::span<const Found> found) {
  Units together = charges.back().volume;
  for (std::size_t i = 0; i + 1 < found.size(); ++i) {
    if (found[i].node == found.back().node) together = sum(together, charges[i].volume);
  }
  return together;
}

// Made in its place: a copy would be read whole right after it was written in pieces, and wait for each of them.
void LimitTable::look_at(Shard& shard, Charge& charge, const Found& found, Units together, const Moment& now) {
  Decision* const said = &charge.decision;
  if (found.node == nullptr) {
    *said = charge.volume > 0 ? no_room : look_at_new(*charge.rule, now);
    return;
  }
  found.node->pinned = true;
  ::new (said) Decision(limits::look(*charge.rule, found.node->state, together, now));
  if (said->admitted && charge.volume > 0 && !may_grow(shard, found, now)) *said = no_room;
}

bool LimitTable::decide_lot(std::span<Charge> charges, const Moment& asked, Then then, Reservation& into) {
  const Locked locked(*this, charges, asked);
  const Moment& now = locked.now();
  const nanoseconds earlier = now.instant - asked.instant;
  std::array<Found, most_charges> found;
  bool all = true, is_new = into.accounts_.empty();
  std::size_t i = 0;
  for (Charge& charge : charges) {
    Shard& shard = *locked.shards()[i];
    Found& mine = found[i++];
    mine = find(shard, charge, now);
    Units together = charge.volume;
    if (mine.node != nullptr && mine.node->pinned) {
      together = asked_together(charges.first(i), std::span(found).first(i));
      is_new = false;
    }
    look_at(shard, charge, mine, together, now);
    if (earlier > nanoseconds(0)) {
      charge.decision.reset = counted_from(charge.decision.reset, earlier);
      charge.decision.retry = counted_from(charge.decision.retry, earlier);
    }
    all &= charge.decision.admitted;
  }
  const bool is_taken = all && then == Then::take;
  auto shard = locked.shards().begin();
  auto next = std::span(found).begin();
  for (const Charge& charge : charges) {
    const Found& mine = *next++;
    Shard& here = **shard++;
    if (mine.node == nullptr) continue;
    mine.node->pinned = false;
    if (!is_taken || charge.volume == 0) continue;
    const Hold hold = spend(*charge.rule, mine.node->state, charge.volume, charge.spend, now);
    here.weigh(*mine.node);
    if (is_given_back(charge)) into.add(charge, here, mine, hold, is_new);
  }
  return all;
}

void LimitTable::count(Charge charge, const Moment& asked) {
  const Locked locked(*this, {&charge, 1}, asked);
  Shard& shard = shard_of(charge.place);
  const Found found = find(shard, charge, locked.now());
  if (found.node == nullptr) return;
  spend(*charge.rule, found.node->state, charge.volume, Spend::at_once, locked.now());
  shard.weigh(*found.node);
}

PeriodCount LimitTable::counted(const LimitKey& key, const Allowance& rule, const Moment& now) {
  const std::size_t place = place_of(key);
  Shard& shard = shard_of(place);
  const std::lock_guard held(shard.lock);
  Node* const found = shard.find(key, place);
  auto* count = found == nullptr ? nullptr : std::get_if<AllowanceCount>(&found->state);
  return count != nullptr ? limits::counted(rule, *count, now) : PeriodCount();
}

}  // namespace gatehouse::limits
