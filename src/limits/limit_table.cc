#include "gatehouse/limits/limit_table.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>
#include <utility>

#include "gatehouse/base/assert.h"

namespace gatehouse::limits {
namespace {

// What a state costs beside its node: the allocator's share, its place in the table, room for its first calls.
constexpr std::size_t overhead_bytes = 128;
// So many states are looked at before there is no room: what one call may cost is bounded, and the next one looks further.
constexpr std::size_t looked_at = 16;
// Of one call, beside rules that somebody has added.
constexpr std::size_t usual_accounts = 8;
constexpr std::uint32_t own_limit = std::numeric_limits<std::uint32_t>::max();

std::uint64_t folded(std::uint64_t a, std::uint64_t b) {
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

// Where those of a limit who have no state are counted together.
LimitKey shared_key(const LimitKey& key) { return LimitKey{own_limit, Subject{0, key.limit}}; }

bool is_rate(const Limit& rule) { return std::holds_alternative<SlidingWindow>(rule) || std::holds_alternative<Gcra>(rule); }
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

struct LimitTable::Node {
  Limit rule;
  LimitState state;
  std::size_t bytes = 0, place = 0;  // in its shard's order
  bool pinned = false;               // the call at hand needs it
};

struct alignas(64) LimitTable::Shard {
  using Map = std::unordered_map<Named, Node, PlaceOf>;
  std::mutex lock;
  Map nodes;
  std::vector<Map::value_type*> order;  // all of them, as eviction goes round
  std::size_t hand = 0, bytes = 0, most_bytes = 0;
  Instant latest = Instant::min();

  Node& add(const Named& named, const Limit& rule) {
    Map::value_type& made = *nodes.try_emplace(named, Node{rule, {}, 0, order.size(), false}).first;
    order.push_back(&made);
    weigh(made.second);
    return made.second;
  }
  // What its state has taken by now.
  void weigh(Node& node) {
    const std::size_t now = sizeof(Node) + overhead_bytes + bytes_of(node.state);
    bytes += now - node.bytes;
    node.bytes = now;
  }
  void forget(std::size_t place) {
    Map::value_type* const one = order[place];
    order[place] = order.back();
    order[place]->second.place = place;
    order.pop_back();
    bytes -= one->second.bytes;
    nodes.erase(nodes.find(one->first));
  }
};

// The shards of some charges, locked in their order, and the moment that counts there.
class LimitTable::Locked {
 public:
  Locked(LimitTable& table, std::span<Charge> charges, const Moment& asked) : now_(asked) {
    GH_ASSERT(charges.size() <= most_charges);
    for (Charge& charge : charges) {
      if (charge.place == 0) charge.place = table.place_of(charge.key);
      Shard* const shard = &table.shard_of(charge.place);
      of_[charges_++] = shard;
      insert(shard);
    }
    for (std::size_t i = 0; i < shards_; ++i) {
      held_[i]->lock.lock();
      now_.instant = std::max(now_.instant, held_[i]->latest);
    }
    for (std::size_t i = 0; i < shards_; ++i) held_[i]->latest = now_.instant;
  }
  ~Locked() {
    for (std::size_t i = 0; i < shards_; ++i) held_[i]->lock.unlock();
  }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

  Shard& of(std::size_t charge) const { return *of_[charge]; }
  const Moment& now() const { return now_; }

 private:
  // Each once, in order: they are few.
  void insert(Shard* shard) {
    std::size_t at = shards_;
    while (at > 0 && std::less<Shard*>()(shard, held_[at - 1])) --at;
    if (at > 0 && held_[at - 1] == shard) return;
    std::copy_backward(held_.begin() + static_cast<std::ptrdiff_t>(at), held_.begin() + static_cast<std::ptrdiff_t>(shards_),
                       held_.begin() + static_cast<std::ptrdiff_t>(shards_ + 1));
    held_[at] = shard;
    ++shards_;
  }

  std::array<Shard*, most_charges> of_{}, held_{};
  std::size_t charges_ = 0, shards_ = 0;
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
  const std::uint64_t odd = 0x9e3779b97f4a7c15U;
  return static_cast<std::size_t>(folded(folded(key.subject.high ^ seed, key.subject.low ^ odd) ^ key.limit, seed | 1U));
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
    states += shards_[i].nodes.size();
  }
  return states;
}

// Lets go of what is full again until there is room for so much.
bool LimitTable::make_room(Shard& shard, std::size_t bytes, const Moment& now) {
  for (std::size_t looks = 0; shard.bytes + bytes > shard.most_bytes; ++looks) {
    if (looks == looked_at || shard.order.empty()) return false;
    if (shard.hand >= shard.order.size()) shard.hand = 0;
    Node& node = shard.order[shard.hand]->second;
    if (!node.pinned && full_again(node.rule, node.state, now)) {
      shard.forget(shard.hand);
    } else {
      ++shard.hand;
    }
  }
  return true;
}

LimitTable::Found LimitTable::find(Shard& shard, const Charge& charge, const Moment& now) {
  const auto found = shard.nodes.find(Named{charge.key, charge.place});
  if (found == shard.nodes.end()) return charge.volume == 0 ? Found{} : make(shard, charge, now);
  Node& node = found->second;
  if (node.rule != *charge.rule) node.rule = *charge.rule;
  return Found{&node, false};
}

LimitTable::Found LimitTable::make(Shard& shard, const Charge& charge, const Moment& now) {
  if (make_room(shard, sizeof(Node) + overhead_bytes, now)) return Found{&shard.add({charge.key, charge.place}, *charge.rule), false};
  if (!is_rate(*charge.rule)) {
    ++crowded_;
    return Found{};
  }
  ++shared_;
  const Named named{shared_key(charge.key), place_of(shared_key(charge.key))};
  const auto found = shard.nodes.find(named);
  return Found{found == shard.nodes.end() ? &shard.add(named, *charge.rule) : &found->second, true};
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

void LimitTable::look(std::span<Charge> charges, const Moment& now) {
  Reservation none(*this);
  decide(charges, now, Then::leave, none);
}

bool LimitTable::decide_lot(std::span<Charge> charges, const Moment& asked, Then then, Reservation& into) {
  const Locked locked(*this, charges, asked);
  const nanoseconds earlier = locked.now().instant - asked.instant;
  std::array<Found, most_charges> found;
  bool all = true;
  for (std::size_t i = 0; i < charges.size(); ++i) {
    found[i] = find(locked.of(i), charges[i], locked.now());
    Units together = charges[i].volume;
    for (std::size_t j = 0; j < i && found[i].node != nullptr; ++j) {
      if (found[j].node == found[i].node) together = sum(together, charges[j].volume);
    }
    Decision& said = charges[i].decision;
    if (found[i].node != nullptr) {
      found[i].node->pinned = true;
      said = limits::look(*charges[i].rule, found[i].node->state, together, locked.now());
      if (said.admitted && charges[i].volume > 0 && !may_grow(locked.of(i), found[i], locked.now())) said = no_room;
    } else {
      said = charges[i].volume > 0 ? no_room : look_at_new(*charges[i].rule, locked.now());
    }
    said.reset = counted_from(said.reset, earlier);
    said.retry = counted_from(said.retry, earlier);
    all = all && said.admitted;
  }
  for (std::size_t i = 0; i < charges.size(); ++i) {
    if (found[i].node == nullptr) continue;
    found[i].node->pinned = false;
    if (!all || then == Then::leave || charges[i].volume == 0) continue;
    const Hold hold = spend(*charges[i].rule, found[i].node->state, charges[i].volume, charges[i].spend, locked.now());
    locked.of(i).weigh(*found[i].node);
    if (is_given_back(charges[i])) into.add(charges[i], found[i].shared, hold);
  }
  return all;
}

void LimitTable::count(Charge charge, const Moment& asked) {
  const Locked locked(*this, {&charge, 1}, asked);
  const Found found = find(locked.of(0), charge, locked.now());
  if (found.node == nullptr) return;
  spend(*charge.rule, found.node->state, charge.volume, Spend::at_once, locked.now());
  locked.of(0).weigh(*found.node);
}

PeriodCount LimitTable::counted(const LimitKey& key, const Allowance& rule, const Moment& now) {
  const Named named{key, place_of(key)};
  Shard& shard = shard_of(named.place);
  const std::lock_guard held(shard.lock);
  const auto found = shard.nodes.find(named);
  auto* count = found == shard.nodes.end() ? nullptr : std::get_if<AllowanceCount>(&found->second.state);
  return count != nullptr ? limits::counted(rule, *count, now) : PeriodCount();
}

Reservation::Reservation(Reservation&& other) noexcept : table_(other.table_), accounts_(std::exchange(other.accounts_, {})) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this == &other) return *this;
  settle();
  table_ = other.table_;
  accounts_ = std::exchange(other.accounts_, {});
  return *this;
}

void Reservation::add(const Charge& charge, bool shared, const Hold& hold) {
  Account account;
  account.key = charge.key;
  account.place = charge.place;
  account.shared = shared;
  account.is_rate = is_rate(*charge.rule);
  account.held = hold.amount;
  if (charge.spend == Spend::unless_given_back) account.used = hold.amount;
  account.first = hold;
  add(std::move(account));
}

// What is taken again is held beside what was.
void Reservation::add(Account&& account) {
  const auto known = std::ranges::find_if(
      accounts_, [&](const Account& one) { return one.place == account.place && one.shared == account.shared && one.key == account.key; });
  if (known == accounts_.end()) {
    if (accounts_.empty()) accounts_.reserve(usual_accounts);
    accounts_.push_back(std::move(account));
    return;
  }
  known->held = sum(known->held, account.held);
  known->used = sum(known->used, account.used);
  const auto hold = [known](const Hold& one) {
    Hold& last = known->more.empty() ? known->first : known->more.back();
    if (last.place == one.place) {
      last.amount = sum(last.amount, one.amount);
    } else {
      known->more.push_back(one);
    }
  };
  hold(account.first);
  std::ranges::for_each(account.more, hold);
}

bool Reservation::grow(std::span<Charge> charges, const Moment& now) {
  if (charges.size() <= LimitTable::most_charges) return table_->decide(charges, now, LimitTable::Then::take, *this);
  std::optional<Reservation> more = table_->reserve(charges, now);
  if (!more) return false;
  for (Account& account : std::exchange(more->accounts_, {})) add(std::move(account));
  return true;
}

void Reservation::used(const LimitKey& key, Units units) {
  Account* last = nullptr;  // a key has a second one where its state was made while others still stood with the shared one
  for (Account& account : accounts_) {
    if (account.key != key) continue;
    account.used = std::min(units, account.held);
    units -= account.used;
    last = &account;
  }
  if (last != nullptr) last->used = sum(last->used, units);
}

void Reservation::settle() {
  for (const Account& account : std::exchange(accounts_, {})) {
    if (account.is_rate && account.used == account.held) continue;  // it is all spent already
    const LimitKey key = account.shared ? shared_key(account.key) : account.key;
    LimitTable::Shard& shard = table_->shard_of(account.place);
    const std::lock_guard held(shard.lock);
    const auto found = shard.nodes.find(LimitTable::Named{key, account.shared ? table_->place_of(key) : account.place});
    if (found == shard.nodes.end()) continue;  // all of it has left its window long ago
    // As the shard knows the time: what is there still has not left by then. What is used first is what was held first.
    const Moment now{shard.latest, WallTime()};
    Units left = account.used;
    const auto give_back = [&](const Hold& one, bool last) {
      const Units here = last ? left : std::min(left, one.amount);
      left -= here;
      limits::settle(found->second.rule, found->second.state, one, here, now);
    };
    give_back(account.first, account.more.empty());
    for (const Hold& one : account.more) give_back(one, &one == &account.more.back());
    shard.weigh(found->second);
  }
}

}  // namespace gatehouse::limits
