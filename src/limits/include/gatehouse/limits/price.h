// limits/price.h — what a call of a model costs.
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

struct TokensUsed {
  std::uint64_t prompt = 0, cached = 0, completion = 0;  // cached ones are among the prompt's
};

constexpr Units cost_of(const Price& price, const TokensUsed& used) {
  const std::uint64_t cached = used.cached < used.prompt ? used.cached : used.prompt;
  return price.call + (used.prompt - cached) * price.prompt + cached * price.cached + used.completion * price.completion;
}

}  // namespace gatehouse::limits
