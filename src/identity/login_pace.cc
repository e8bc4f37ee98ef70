#include "gatehouse/identity/login_pace.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "gatehouse/net/networks.h"

namespace gatehouse::identity {
namespace {

constexpr std::size_t together = 0, by_address = 1, by_user = 2;

std::string lower(std::string_view name) {
  std::string text(name);
  std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return text;
}

// What one client cannot change at will.
std::string network_of(std::string_view address) {
  std::optional<net::IpAddress> known = net::parse_address(address);
  if (!known) return std::string(address);
  if (!known->is_v4()) std::fill(known->bytes.begin() + 8, known->bytes.end(), std::uint8_t{0});
  return net::to_text(*known);
}

Error slowed(nanoseconds wait) {
  const auto whole = std::max(std::chrono::ceil<seconds>(wait), seconds(1));
  return Error(Code::rate_limited, Origin::caller, "login_slowed",
               "Too many wrong passwords: try again in " + std::to_string(whole.count()) + " s")
      .with_retry(Retry::after(whole));
}

}  // namespace

seconds pace_wait(std::uint32_t wrong, std::uint32_t free, seconds longest) {
  if (free == 0 || wrong < free) return seconds(0);
  const std::uint32_t doublings = std::min<std::uint32_t>(wrong - free, 30);
  return std::min(longest, seconds(std::int64_t{1} << doublings));
}

PaceCount one_more_wrong(PaceCount count, std::uint32_t free, const PaceOptions& options, Instant now) {
  ++count.wrong;
  count.last = now;
  count.open = now + pace_wait(count.wrong, free, options.longest_wait);
  return count;
}

std::uint32_t LoginPace::free_of(std::size_t kind) const {
  return kind == together ? options_.together : kind == by_address ? options_.address : options_.user;
}

std::size_t LoginPace::Spread::operator()(const store::Digest& key) const {
  std::size_t first = 0;
  std::memcpy(&first, key.data(), sizeof first);
  return first;
}

store::Digest LoginPace::key_of(std::string_view kind, std::string_view network, std::string_view user) const {
  std::string text("pace|");
  text.append(kind).append("|").append(network).append("|").append(user);
  return hasher_.digest(text);
}

PaceCount* LoginPace::find(const std::optional<store::Digest>& key, Instant now) {
  const auto found = key ? counts_.find(*key) : counts_.end();
  if (found == counts_.end()) return nullptr;
  if (now - found->second.last < options_.forgotten_after) return &found->second;
  counts_.erase(found);
  return nullptr;
}

Result<LoginPace::Attempt> LoginPace::begin(std::string_view name, std::string_view address, Instant now) {
  const std::string user = lower(name), network = network_of(address);
  Attempt attempt;
  attempt.place = key_of("place", network, user);
  attempt.keys = {key_of("together", network, user), key_of("address", network, {}), key_of("user", {}, user)};
  const std::lock_guard lock(mutex_);
  if (places_.contains(attempt.place)) attempt.keys[by_user].reset();
  nanoseconds wait{0};
  for (const std::optional<store::Digest>& key : attempt.keys) {
    if (const PaceCount* count = find(key, now)) wait = std::max<nanoseconds>(wait, count->open - now);
  }
  if (wait > nanoseconds(0)) return slowed(wait);
  // Where one waits already, the next is not let through before it is known what came of this one.
  for (std::size_t kind = 0; kind < attempt.keys.size(); ++kind) {
    if (PaceCount* count = find(attempt.keys[kind], now)) count->open = now + pace_wait(count->wrong, free_of(kind), options_.longest_wait);
  }
  return attempt;
}

void LoginPace::wrong(const Attempt& attempt, Instant now) {
  const std::lock_guard lock(mutex_);
  make_room(now);
  for (std::size_t kind = 0; kind < attempt.keys.size(); ++kind) {
    if (!attempt.keys[kind] || free_of(kind) == 0) continue;
    PaceCount& count = counts_[*attempt.keys[kind]];
    count = one_more_wrong(count, free_of(kind), options_, now);
  }
}

void LoginPace::right(const Attempt& attempt, Instant now) {
  const std::lock_guard lock(mutex_);
  make_room(now);
  counts_.erase(*attempt.keys[together]);
  places_.insert_or_assign(attempt.place, now);
  let_next_through(attempt, by_address, now);
}

void LoginPace::undone(const Attempt& attempt, Instant now) {
  const std::lock_guard lock(mutex_);
  let_next_through(attempt, together, now);
}

void LoginPace::let_next_through(const Attempt& attempt, std::size_t first, Instant now) {
  for (std::size_t kind = first; kind < attempt.keys.size(); ++kind) {
    if (PaceCount* count = find(attempt.keys[kind], now)) count->open = std::min(count->open, now);
  }
}

// What is forgotten goes first, then what was wrong longest ago.
void LoginPace::make_room(Instant now) {
  if (counts_.size() >= options_.most_entries) {
    std::erase_if(counts_, [&](const auto& entry) { return now - entry.second.last >= options_.forgotten_after; });
  }
  if (counts_.size() >= options_.most_entries) {
    std::vector<Instant> times;
    for (const auto& [key, count] : counts_) times.push_back(count.last);
    const auto quarter = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 4);
    std::ranges::nth_element(times, quarter);
    std::erase_if(counts_, [oldest = *quarter](const auto& entry) { return entry.second.last <= oldest; });
  }
  if (places_.size() >= options_.most_entries) places_.clear();
}

}  // namespace gatehouse::identity
