#include "grammar_cache.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace gatehouse::adapters {

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
  bytes_ += made.text.size();
  kept_.push_front(std::move(made));
  while (kept_.size() > most_grammars || bytes_ > most_grammar_bytes) {
    bytes_ -= kept_.back().text.size();
    kept_.pop_back();
  }
}

}  // namespace gatehouse::adapters
