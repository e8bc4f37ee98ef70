#include "price_settings.h"

#include <algorithm>
#include <string>

#include "gatehouse/telemetry/log.h"

namespace gatehouse::app {
namespace {

// A price of so much a million tokens is as many thousandths of it as billionths a token.
constexpr unsigned places_a_million_tokens = 3, places_a_call = 9;
constexpr config::Range tokens_price{0, 1'000'000'000}, call_price{0, 1'000'000'000'000'000};

}  // namespace

config::Schema<limits::Price> price_keys() {
  using S = limits::Price;
  config::Schema<S> keys;
  keys.decimal("prompt", &S::prompt, tokens_price, places_a_million_tokens, "A million tokens of prompts.");
  keys.decimal("cached", &S::cached, tokens_price, places_a_million_tokens,
               "A million of those of them that an earlier prompt began with, too; unset, as much as others.")
      .unset_follows("prompt");
  keys.decimal("completion", &S::completion, tokens_price, places_a_million_tokens, "A million tokens of answers.");
  keys.decimal("call", &S::call, call_price, places_a_call, "Each call, beside its tokens.");
  return keys;
}

void warn_of_idle_prices(const limits::Prices& prices, const gateway::ServedModels& models) {
  for (const auto& [name, price] : prices) {
    const bool served = std::ranges::any_of(models.all(), [&name](const gateway::ServedModel* model) { return model->name == name; });
    if (!served) telemetry::log::warn("prices", "a price is for a model that is not served", {{"model", name}});
  }
}

}  // namespace gatehouse::app
