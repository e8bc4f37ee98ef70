#include "grammar_cache.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace gatehouse::adapters {

// A compiled one is never small.
std::size_t cost_of_grammar(std::size_t text_bytes) { return std::max(text_bytes, most_grammar_bytes / most_grammars); }

std::size_t grammar_that_goes(std::span<const GrammarHeld> held) {
  std::map<std::uint64_t, std::size_t> by_tenant;
  for (const GrammarHeld& one : held) by_tenant[one.tenant] += one.cost;
  // Of tenants that have as much, the one whose grammar was not asked for longest.
  std::size_t goes = held.size() - 1;
  for (std::size_t i = held.size(); i-- > 0;) {
    if (by_tenant[held[i].tenant] > by_tenant[held[goes].tenant]) goes = i;
  }
  return goes;
}

Result<std::unique_ptr<engine::Constraint>> GrammarCache::grammar(std::uint64_t tenant, const std::string& text) {
  const std::size_t hash = std::hash<std::string>()(text);
  const auto found =
      std::ranges::find_if(kept_, [&](const Kept& one) { return one.hash == hash && one.tenant == tenant && one.text == text; });
  if (found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
    return found->grammar->copy();
  }
  GH_TRY(std::unique_ptr<LlamaGrammar> made, LlamaGrammar::compile(vocabulary_, text));
  ++compiled_;
  std::unique_ptr<engine::Constraint> own = made->copy();
  keep(Kept{hash, tenant, text, std::move(made)});
  return own;
}

void GrammarCache::keep(Kept made) {
  if (made.text.size() > most_grammar_bytes) return;
  taken_ += cost_of_grammar(made.text.size());
  kept_.push_front(std::move(made));
  while (taken_ > most_grammar_bytes) make_room();
}

void GrammarCache::make_room() {
  std::vector<GrammarHeld> held;
  for (const Kept& one : kept_) held.push_back({one.tenant, cost_of_grammar(one.text.size())});
  const std::size_t which = grammar_that_goes(held);
  taken_ -= held[which].cost;
  kept_.erase(std::next(kept_.begin(), static_cast<std::ptrdiff_t>(which)));
}

}  // namespace gatehouse::adapters
