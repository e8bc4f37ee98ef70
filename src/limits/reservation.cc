// What is held of limits, and how it comes back.
#include <algorithm>
#include <utility>

#include "limit_shard.h"

namespace gatehouse::limits {
namespace {

// Of one call, beside rules that somebody has added.
constexpr std::size_t usual_accounts = 8;

}  // namespace

Reservation::Reservation(Reservation&& other) noexcept
    : table_(other.table_), accounts_(std::exchange(other.accounts_, {})), has_doubles_(std::exchange(other.has_doubles_, false)) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this == &other) return *this;
  settle();
  table_ = other.table_;
  accounts_ = std::exchange(other.accounts_, {});
  has_doubles_ = std::exchange(other.has_doubles_, false);
  return *this;
}

Reservation::Account* Reservation::account_of(const LimitKey& key, std::size_t place, const LimitTable::Node* node, bool shared) {
  for (Account& one : accounts_) {
    if (one.place == place && one.node == node && one.shared == shared && one.key == key) return &one;
  }
  return nullptr;
}

[[gnu::noinline]] bool Reservation::add_to_known(const Charge& charge, LimitTable::Node* kept, bool shared, const Hold& hold) {
  Account* const known = account_of(charge.key, charge.place, kept, shared);
  if (known == nullptr) {
    has_doubles_ = true;
    return false;
  }
  known->times += kept != nullptr ? 1 : 0;
  known->held = sum(known->held, hold.amount);
  if (charge.spend == Spend::unless_given_back) known->used = sum(known->used, hold.amount);
  known->put(hold);
  return true;
}

// Under the lock of its shard. A rate's state is looked for again in the end; another's is kept until then.
void Reservation::add(const Charge& charge, LimitTable::Shard& shard, const LimitTable::Found& found, const Hold& hold, bool is_new) {
  static constexpr LimitTable::Node* none = nullptr;
  LimitTable::Node* const& kept = is_rate(*charge.rule) ? none : found.node;  // nothing that needs a place on the stack
  if (kept != nullptr) ++kept->kept;
  if (!is_new && add_to_known(charge, kept, found.shared, hold)) return;
  if (accounts_.empty()) accounts_.reserve(usual_accounts);
  accounts_.emplace_back(charge, shard, kept, found.shared, hold);
}

// What is taken again is held beside what was.
void Reservation::Account::put(const Hold& hold) {
  Hold& last = more.empty() ? first : more.back();
  last.place == hold.place ? void(last.amount = sum(last.amount, hold.amount)) : more.push_back(hold);
}

// Of another reservation.
void Reservation::add(Account&& account) {
  Account* const known = account_of(account.key, account.place, account.node, account.shared);
  if (known == nullptr) {
    has_doubles_ = true;
    return accounts_.push_back(std::move(account));
  }
  known->times += account.times;
  known->held = sum(known->held, account.held);
  known->used = sum(known->used, account.used);
  known->put(account.first);
  for (const Hold& hold : account.more) known->put(hold);
}

bool Reservation::grow(std::span<Charge> charges, const Moment& now) {
  if (charges.size() <= LimitTable::most_charges) return table_->decide(charges, now, LimitTable::Then::take, *this);
  std::optional<Reservation> more = table_->reserve(charges, now);
  if (!more) return false;
  for (Account& account : std::exchange(more->accounts_, {})) add(std::move(account));
  return true;
}

void Reservation::used(const LimitKey& key, Units units, std::size_t likely) {
  if (!has_doubles_ && likely < accounts_.size() && accounts_[likely].key == key) {
    accounts_[likely].used = units;
    return;
  }
  Account* last = nullptr;
  for (Account& account : accounts_) {
    if (account.key != key) continue;
    account.used = std::min(units, account.held);
    units -= account.used;
    last = &account;
  }
  if (last != nullptr) last->used = sum(last->used, units);
}

// As the shard knows the time: what is there still has not left by then. What is used first is what was held first.
void Reservation::give_back(const Account& account) {
  LimitTable::Shard& shard = *account.shard;
  LimitTable::Node* node = account.node;
  if (node == nullptr) {
    const LimitKey key = account.shared ? shared_key(account.key) : account.key;
    node = shard.find(key, account.shared ? table_->place_of(key) : account.place);
    if (node == nullptr) return;  // all of it has left its window long ago
  } else {
    node->kept -= account.times;
  }
  const Moment now{shard.latest, WallTime()};
  if (account.more.empty()) {
    limits::settle(node->rule, node->state, account.first, account.used, now);
    return shard.weigh(*node);
  }
  Units left = account.used;
  const auto give = [&](const Hold& one, bool last) {
    const Units here = last ? left : std::min(left, one.amount);
    left -= here;
    limits::settle(node->rule, node->state, one, here, now);
  };
  give(account.first, false);
  for (const Hold& one : account.more) give(one, &one == &account.more.back());
  shard.weigh(*node);
}

// Each shard is locked once.
void Reservation::settle() {
  std::span<Account> rest(accounts_);
  for (; !rest.empty(); rest = rest.subspan(1)) {
    if (rest.front().is_settled()) continue;
    LimitTable::Shard* const shard = rest.front().shard;
    const std::lock_guard held(shard->lock);
    for (Account& account : rest) {
      if (account.shard != shard || account.is_settled()) continue;
      give_back(account);
      account.held = account.used = 0;
    }
  }
  accounts_.clear();
  has_doubles_ = false;
}

}  // namespace gatehouse::limits
