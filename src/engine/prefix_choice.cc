#include "prefix_choice.h"

#include <algorithm>

namespace gatehouse::engine {

PrefixChoice choose_prefix(std::span<const PrefixSource> sources, std::uint32_t prompt_tokens) {
  const std::uint32_t most = prompt_tokens > 0 ? prompt_tokens - 1 : 0;
  PrefixChoice choice;
  std::uint32_t coming = 0;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    coming = std::max(coming, std::min(sources[i].coming, most));
    const std::uint32_t ready = std::min(sources[i].ready, most);
    if (ready <= choice.tokens) continue;
    choice.tokens = ready;
    choice.source = i;
  }
  if (coming >= choice.tokens + worth_copying) return PrefixChoice{PrefixStep::wait, 0, 0};
  if (choice.tokens < worth_copying) return {};
  choice.step = PrefixStep::copy;
  return choice;
}

}  // namespace gatehouse::engine
