#include "prefix_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "gatehouse/base/assert.h"

namespace gatehouse::engine {

std::size_t first_to_go(std::span<const KeptView> kept) {
  GH_ASSERT(!kept.empty());
  std::map<std::uint64_t, std::uint64_t> by_salt;
  for (const KeptView& one : kept) by_salt[one.salt] += one.bytes;
  const std::uint64_t largest = std::ranges::max_element(by_salt, {}, [](const auto& entry) { return entry.second; })->first;
  const auto worth = [](const KeptView& one) {
    return static_cast<double>(one.alone) / static_cast<double>(std::max<std::uint64_t>(one.bytes, 1)) / static_cast<double>(one.age + 1);
  };
  const KeptView* first = nullptr;
  for (const KeptView& one : kept) {
    if (one.salt != largest) continue;
    const bool goes = first == nullptr || worth(one) < worth(*first) || (worth(one) == worth(*first) && one.age > first->age);
    if (goes) first = &one;
  }
  return static_cast<std::size_t>(first - kept.data());
}

PrefixStore::Found PrefixStore::find(std::uint64_t salt, std::span<const Token> tokens) const {
  const auto match = tree_.longest(salt, tokens);
  if (!match) return {};
  return {kept_.at(match->id).state.get(), match->tokens};
}

void PrefixStore::used(const KeptPrefix& state) {
  const auto found = std::ranges::find_if(kept_, [&](const auto& entry) { return entry.second.state.get() == &state; });
  if (found != kept_.end()) found->second.used = ++uses_;
}

void PrefixStore::keep(std::uint64_t salt, std::vector<Token> tokens, std::unique_ptr<KeptPrefix> state) {
  if (state->bytes() > most_bytes_) return;
  bytes_ += state->bytes();
  const PrefixTree::Id id = next_++;
  const auto replaced = tree_.insert(salt, tokens, id);
  if (replaced) {
    bytes_ -= kept_.at(*replaced).state->bytes();
    kept_.erase(*replaced);
  }
  kept_.emplace(id, Kept{salt, std::move(tokens), std::move(state), ++uses_});
  while (bytes_ > most_bytes_) drop_one();
}

void PrefixStore::drop_one() {
  std::vector<KeptView> views;
  for (const auto& [id, one] : kept_) {
    views.push_back(KeptView{one.salt, one.state->bytes(), static_cast<std::uint32_t>(one.tokens.size()), tree_.alone(one.salt, one.tokens),
                             uses_ - one.used});
  }
  forget(std::next(kept_.begin(), static_cast<std::ptrdiff_t>(first_to_go(views))));
}

void PrefixStore::forget(std::map<PrefixTree::Id, Kept>::iterator one) {
  tree_.erase(one->second.salt, one->second.tokens);
  bytes_ -= one->second.state->bytes();
  kept_.erase(one);
}

}  // namespace gatehouse::engine
