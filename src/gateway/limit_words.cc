#include "limit_words.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>

#include "gatehouse/base/decimal.h"
#include "gatehouse/limits/plan.h"

namespace gatehouse::gateway {
namespace {

using limits::Told;

// Nobody knows when a running call ends; somebody who asks again this soon does no harm.
constexpr seconds until_a_call_may_have_ended{1};

bool is_at_once(const Told& told) { return std::holds_alternative<limits::Concurrency>(*told.limit); }

limits::Units amount_of(const Told& told) {
  if (const auto* window = std::get_if<limits::SlidingWindow>(told.limit)) return window->limit;
  if (const auto* rate = std::get_if<limits::Gcra>(told.limit)) return rate->burst;
  if (const auto* quota = std::get_if<limits::Allowance>(told.limit)) return quota->amount;
  return std::get<limits::Concurrency>(*told.limit).limit;
}

// Whole, so that one search finds them.
struct OpenAiNames {
  std::string_view limit, remaining, reset;
};
constexpr OpenAiNames of_requests{"x-ratelimit-limit-requests: ", "x-ratelimit-remaining-requests: ", "x-ratelimit-reset-requests: "};
constexpr OpenAiNames of_tokens{"x-ratelimit-limit-tokens: ", "x-ratelimit-remaining-tokens: ", "x-ratelimit-reset-tokens: "};
constexpr std::string_view line_end = "\r\n";

Retry retry_of(const limits::Wait& wait) {
  if (const auto known = limits::whole_milliseconds(wait)) return Retry::after(milliseconds(std::max<std::uint64_t>(*known, 1)));
  return wait.is_never() ? Retry::never() : Retry::after(until_a_call_may_have_ended);
}

// Of a budget, by the name of its unit.
std::string number_in_words(limits::Units amount, std::string_view unit) {
  constexpr limits::Units most = std::numeric_limits<std::int64_t>::max();
  return unit == "money" ? decimal_text(static_cast<std::int64_t>(std::min(amount, most)), 9) : std::to_string(amount);
}
std::string amount_in_words(limits::Units amount, std::string_view unit) {
  const std::string number = number_in_words(amount, unit);
  return unit == "money" ? number : number + (amount == 1 ? " token" : " tokens");
}

Error refused(std::string_view reason, std::string text, const Told& told) {
  return Error(Code::rate_limited, Origin::caller, reason, std::move(text))
      .with_param(std::string(told.name))
      .with_retry(retry_of(told.decision.retry));
}

}  // namespace

std::string policy_line(std::span<const Told> told) {
  if (told.empty()) return {};
  std::string line = "RateLimit-Policy: ";
  limits::append_rate_limit_policy(line, told);
  return line += "\r\n";
}

std::vector<LimitWords> words_of(std::span<const Told> told) {
  std::vector<LimitWords> words;
  for (const Told& one : told) {
    LimitWords& said = words.emplace_back();
    said.at_once = is_at_once(one);
    said.of_tokens = !one.unit.empty();
    said.item = &one == told.data() ? "RateLimit: " : ", ";
    limits::append_rate_limit_item(said.item, one.name);
    const OpenAiNames& names = said.of_tokens ? of_tokens : of_requests;
    said.numbers.append(names.limit).append(std::to_string(amount_of(one))).append(line_end).append(names.remaining);
    said.reset = names.reset;
  }
  return words;
}

Error over_rate(const Told& told, bool counts_tokens) {
  const std::string words = limits::in_words(*told.limit, counts_tokens ? limits::Counted::tokens : limits::Counted::calls);
  if (is_at_once(told)) return refused("concurrency_exceeded", "Too many requests at once: " + words, told);
  return refused("rate_limit_exceeded", "Rate limit exceeded: " + words, told);
}

Error over_quota(const Told& told) { return refused("quota_exceeded", "Daily quota exceeded", told); }

Error over_budget(const Told& told, limits::Units needed) {
  const auto& quota = std::get<limits::Allowance>(*told.limit);
  std::string text = "The budget";
  if (quota.period == limits::Period::day) text += " of this day";
  if (quota.period == limits::Period::month) text += " of this month";
  const limits::Units left = told.decision.remaining;
  if (left == 0) {
    text += " is used up";
  } else {
    text += " does not hold enough: it has " + amount_in_words(left, told.name) + " left, and this call needs at least " +
            amount_in_words(needed, told.name);
  }
  return refused("quota_exceeded", std::move(text), told).with_param("budget");
}

}  // namespace gatehouse::gateway
