#include "answer_shelves.h"

#include <algorithm>
#include <cstring>

#include "gatehouse/base/assert.h"

namespace gatehouse::gateway {
namespace {

// What an answer costs beside its texts: its key, its places in three orders, the allocator's share.
constexpr std::size_t overhead_bytes = 512;
constexpr std::size_t least_answers = 8;

}  // namespace

// Nobody can choose a keyed digest.
std::size_t HashOfAnswerKey::operator()(const AnswerKey& key) const noexcept {
  std::size_t hash = 0;
  std::memcpy(&hash, key.asked.data(), sizeof(hash));
  return hash;
}

std::size_t AnswerShelves::cost_of(const KeptAnswer& answer) {
  return overhead_bytes + answer.body.size() + answer.content_type.size() + answer.cost.size();
}

AnswerPtr AnswerShelves::find(const AnswerKey& key, Instant now) {
  drop_old(now);
  const auto found = kept_.find(key);
  if (found == kept_.end()) return nullptr;
  Order& uses = shelves_.at(key.tenant).by_use;
  uses.splice(uses.end(), uses, found->second.by_use);
  return found->second.answer;
}

void AnswerShelves::put(const AnswerKey& key, const TenantId& tenant, AnswerPtr answer, Instant now) {
  drop_old(now);
  if (const auto before = kept_.find(key); before != kept_.end()) drop(before);
  const std::size_t bytes = cost_of(*answer);
  if (bytes > room_ / least_answers) return;
  Shelf& shelf = shelves_.try_emplace(key.tenant, Shelf{tenant, {}, 0}).first->second;
  weigh(key.tenant, shelf, shelf.bytes + bytes);
  const auto [place, fresh] = kept_.try_emplace(key, Kept{std::move(answer), bytes, latest_ + ttl_, {}, {}});
  GH_ASSERT(fresh);
  place->second.by_age = by_age_.insert(by_age_.end(), &place->first);
  place->second.by_use = shelf.by_use.insert(shelf.by_use.end(), &place->first);
  while (bytes_ > room_) {
    ++crowded_out_;
    drop(kept_.find(*shelves_.at(by_bytes_.rbegin()->second).by_use.front()));
  }
}

void AnswerShelves::forget_model(std::uint32_t model) {
  for (auto one = kept_.begin(); one != kept_.end();) {
    const auto next = std::next(one);
    if (one->first.model == model) drop(one);
    one = next;
  }
}

void AnswerShelves::forget_tenants(const IsThere& is_there) {
  std::vector<std::uint32_t> gone;
  for (const auto& [number, shelf] : shelves_) {
    if (!is_there(shelf.tenant, number)) gone.push_back(number);
  }
  for (const std::uint32_t number : gone) {
    const Order all = shelves_.at(number).by_use;
    for (const AnswerKey* const key : all) drop(kept_.find(*key));
  }
}

std::size_t AnswerShelves::bytes_of(std::uint32_t tenant) const {
  const auto shelf = shelves_.find(tenant);
  return shelf == shelves_.end() ? 0 : shelf->second.bytes;
}

// All answers live equally long.
void AnswerShelves::drop_old(Instant now) {
  latest_ = std::max(latest_, now);
  while (!by_age_.empty()) {
    const auto oldest = kept_.find(*by_age_.front());
    if (oldest->second.until > latest_) return;
    ++too_old_;
    drop(oldest);
  }
}

void AnswerShelves::drop(Map::iterator one) {
  const std::uint32_t tenant = one->first.tenant;
  Shelf& shelf = shelves_.at(tenant);
  by_age_.erase(one->second.by_age);
  shelf.by_use.erase(one->second.by_use);
  weigh(tenant, shelf, shelf.bytes - one->second.bytes);
  kept_.erase(one);
  if (shelf.by_use.empty()) {
    by_bytes_.erase({shelf.bytes, tenant});
    shelves_.erase(tenant);
  }
}

void AnswerShelves::weigh(std::uint32_t tenant, Shelf& shelf, std::size_t bytes) {
  by_bytes_.erase({shelf.bytes, tenant});
  bytes_ = bytes_ - shelf.bytes + bytes;
  shelf.bytes = bytes;
  by_bytes_.insert({bytes, tenant});
}

}  // namespace gatehouse::gateway
