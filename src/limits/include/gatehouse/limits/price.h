// limits/price.h — what calls of a model cost.
// Units    billionths of the operator's currency, a token or a call: a price of 0.15 a million tokens is 150 a token
// Threads  value types, pure functions
// Rules    what a prompt shares with an earlier one is paid at the cached price instead of the prompt's
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "gatehouse/limits/decision.h"

namespace gatehouse::limits {

// How many billionths are one.
inline constexpr Units units_of_money = 1'000'000'000;

struct Price {
  Units prompt = 0, cached = 0, completion = 0;  // a token
  Units call = 0;
  friend bool operator==(const Price&, const Price&) = default;
};

// By the name of the model; a model that is not in here costs nothing.
using Prices = std::map<std::string, Price, std::less<>>;

// What a call has come to; or several calls together.
struct CallUse {
  std::uint64_t prompt = 0, cached = 0, completion = 0;  // tokens; cached ones are among the prompt's
  std::uint64_t calls = 1;
  friend bool operator==(const CallUse&, const CallUse&) = default;
  CallUse& operator+=(const CallUse& other) {
    prompt += other.prompt;
    cached += other.cached;
    completion += other.completion;
    calls += other.calls;
    return *this;
  }
};

constexpr Units cost_of(const Price& price, const CallUse& use) {
  const std::uint64_t cached = use.cached < use.prompt ? use.cached : use.prompt;
  return use.calls * price.call + (use.prompt - cached) * price.prompt + cached * price.cached + use.completion * price.completion;
}

}  // namespace gatehouse::limits
