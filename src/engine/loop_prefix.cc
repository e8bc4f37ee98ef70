// What sequences of one tenant have in common is computed once: copied from a seat or a kept state, or waited for.
#include <algorithm>
#include <span>
#include <utility>

#include "gatehouse/base/assert.h"
#include "gatehouse/engine/loop.h"
#include "loop_clock.h"
#include "prefix_choice.h"
#include "prefix_store.h"
#include "sequence.h"

namespace gatehouse::engine {

// How many tokens of the prompt the sequence begins with, whether they are computed or not.
std::uint32_t EngineLoop::Sequence::begins_with(std::span<const Token> tokens) const {
  const std::uint32_t common = common_tokens(request.prompt, tokens);
  return common < request.prompt.size() ? common : common + common_tokens(said, tokens.subspan(common));
}

// Whoever waits for another's prompt looks again: it may have come far enough, or be gone.
void EngineLoop::look_at_prefixes() {
  for (Sequence* s : seated_) {
    if (s != nullptr && s->follows) find_prefix(*s);
  }
}

void EngineLoop::find_prefix(Sequence& s) {
  if (!options_.prefix_bytes) return;
  const Request& r = s.request;
  sources_.clear();
  holders_.clear();
  for (const Sequence* other : seated_) {
    if (other == nullptr || other == &s || other->request.tenant.tenant != r.tenant.tenant) continue;
    const bool computes = other->phase == Phase::prefill;
    if (other->cells == 0 && !computes) continue;
    const std::uint32_t common = other->begins_with(r.prompt);
    sources_.push_back(PrefixSource{std::min(common, other->cells), computes ? common : 0});
    holders_.push_back(other);
  }
  const PrefixStore::Found kept = prefixes_->find(r.tenant.tenant, r.prompt);
  sources_.push_back(PrefixSource{kept.tokens, 0});
  const PrefixChoice choice = choose_prefix(sources_, static_cast<std::uint32_t>(r.prompt.size()));
  s.follows = choice.step == PrefixStep::wait;
  s.phase = s.follows ? Phase::held : Phase::prefill;
  if (choice.step != PrefixStep::copy) return;
  const bool live = choice.source < holders_.size();
  const Status copied = computed([&] {
    return live ? model_.branch(holders_[choice.source]->seat, choice.tokens, std::span(&s.seat, 1))
                : kept.state->restore(s.seat, choice.tokens);
  });
  if (!copied) return;  // then all of it is computed
  if (!live) prefixes_->used(*kept.state);
  s.computed = s.cells = s.request.cached = choice.tokens;
  counters_.prompt_cached += choice.tokens;
}

// Before the sequence, which has ended, leaves its seat.
void EngineLoop::keep_prefix(const Sequence& s) {
  if (!options_.prefix_bytes || s.stage != Sequence::Stage::seated) return;
  std::vector<Token> tokens(s.request.prompt);
  tokens.insert(tokens.end(), s.said.begin(), s.said.end());
  GH_ASSERT(tokens.size() >= s.cells);
  tokens.resize(s.cells);
  const std::uint64_t salt = s.request.tenant.tenant;
  const PrefixStore::Found kept = prefixes_->find(salt, tokens);
  if (tokens.size() < kept.tokens + worth_copying) {
    if (kept.state != nullptr) prefixes_->used(*kept.state);
    return;
  }
  auto state = computed([&] { return model_.keep(s.seat); });
  if (state) prefixes_->keep(salt, std::move(tokens), std::move(*state));
}

}  // namespace gatehouse::engine
