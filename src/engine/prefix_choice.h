// engine/prefix_choice.h — whether a prompt's beginning is copied from another sequence that has it, waited for, or computed.
// Rules    of prompts that begin alike and have nothing to copy from, one is computed and the others wait for it: so what they share is
//          computed once. What is coming is only waited for where it is more than what is there, by enough to be worth it. At least one
//          token is computed: the answer is drawn from what it gives
// Units    tokens
// Threads  pure function
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace gatehouse::engine {

// Fewer are as soon computed as copied.
inline constexpr std::uint32_t worth_copying = 32;

// What another sequence and the prompt both begin with.
struct PrefixSource {
  std::uint32_t ready = 0;   // and is computed
  std::uint32_t coming = 0;  // and will be, with its prompt, which is being computed; 0 where none is
};

enum class PrefixStep : std::uint8_t { compute, copy, wait };
struct PrefixChoice {
  PrefixStep step = PrefixStep::compute;
  std::size_t source = 0;    // copy: whose
  std::uint32_t tokens = 0;  // copy: how many
};

PrefixChoice choose_prefix(std::span<const PrefixSource> sources, std::uint32_t prompt_tokens);

}  // namespace gatehouse::engine
