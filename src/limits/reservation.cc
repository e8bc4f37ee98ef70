// What is held of limits, and how it comes back.
#include <algorithm>
#include <utility>

#include "limit_shard.h"

namespace gatehouse::limits {
namespace {

// Of one call, beside rules that somebody has added.
constexpr std::size_t usual_accounts = 8;

}  // namespace

Reservation::Reservation(Reservation&& other) noexcept : table_(other.table_), accounts_(std::exchange(other.accounts_, {})) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this == &other) return *this;
  settle();
  table_ = other.table_;
  accounts_ = std::exchange(other.accounts_, {});
  return *this;
}

// Under the lock of its shard.
void Reservation::add(const Charge& charge, const LimitTable::Found& found, const Hold& hold) {
  Account account;
  account.key = charge.key;
  account.place = charge.place;
  account.shared = found.shared;
  if (!is_rate(*charge.rule)) {
    account.node = found.node;
    account.times = 1;
    ++found.node->kept;
  }
  account.held = hold.amount;
  if (charge.spend == Spend::unless_given_back) account.used = hold.amount;
  account.first = hold;
  add(std::move(account));
}

// What is taken again is held beside what was.
void Reservation::add(Account&& account) {
  const auto known = std::ranges::find_if(accounts_, [&](const Account& one) {
    return one.place == account.place && one.node == account.node && one.shared == account.shared && one.key == account.key;
  });
  if (known == accounts_.end()) {
    if (accounts_.empty()) accounts_.reserve(usual_accounts);
    accounts_.push_back(std::move(account));
    return;
  }
  known->times += account.times;
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

// As the shard knows the time: what is there still has not left by then. What is used first is what was held first.
void Reservation::give_back(const Account& account, LimitTable::Shard& shard) {
  LimitTable::Node* node = account.node;
  if (node == nullptr) {
    const LimitKey key = account.shared ? shared_key(account.key) : account.key;
    node = shard.find(key, account.shared ? table_->place_of(key) : account.place);
    if (node == nullptr) return;  // all of it has left its window long ago
  } else {
    node->kept -= account.times;
  }
  const Moment now{shard.latest, WallTime()};
  Units left = account.used;
  const auto give = [&](const Hold& one, bool last) {
    const Units here = last ? left : std::min(left, one.amount);
    left -= here;
    limits::settle(node->rule, node->state, one, here, now);
  };
  give(account.first, account.more.empty());
  for (const Hold& one : account.more) give(one, &one == &account.more.back());
  shard.weigh(*node);
}

// Each shard is locked once.
void Reservation::settle() {
  const auto settled = [](const Account& account) { return account.held == 0 || (account.is_rate() && account.used == account.held); };
  for (std::size_t i = 0; i < accounts_.size(); ++i) {
    if (settled(accounts_[i])) continue;  // it is all spent already
    LimitTable::Shard& shard = table_->shard_of(accounts_[i].place);
    const std::lock_guard held(shard.lock);
    for (std::size_t j = i; j < accounts_.size(); ++j) {
      Account& account = accounts_[j];
      if (settled(account) || &table_->shard_of(account.place) != &shard) continue;
      give_back(account, shard);
      account.held = account.used = 0;
    }
  }
  accounts_.clear();
}

}  // namespace gatehouse::limits
