#include "gatehouse/limits/plan.h"

#include <chrono>
#include <utility>

namespace gatehouse::limits {
namespace {

constexpr std::array<std::string_view, selections> selected_names{"tenant", "role", "user", "key", "model", "route"};
constexpr std::string_view each = "*";

bool is_each(const Rule& rule, Selected one) { return rule.only[static_cast<std::size_t>(one)] == each; }

struct Length {
  nanoseconds time;
  std::string_view one;
};
constexpr std::array lengths{Length{std::chrono::days(1), "day"}, Length{std::chrono::hours(1), "hour"},
                             Length{std::chrono::minutes(1), "minute"}, Length{seconds(1), "second"}};

std::string length_in_words(nanoseconds window) {
  for (const Length& length : lengths) {
    const auto count = window / length.time;
    if (count == 0 || window % length.time != nanoseconds(0)) continue;
    return std::to_string(count) + " " + std::string(length.one) + (count == 1 ? "" : "s");
  }
  return std::to_string(window.count()) + " ns";
}

struct InWords {
  std::string unit;  // " tokens", or empty
  std::string operator()(const SlidingWindow& one) const {
    return std::to_string(one.limit) + unit + " per " + length_in_words(one.window);
  }
  std::string operator()(const Gcra& one) const { return std::to_string(one.count) + unit + " per " + length_in_words(one.window); }
  std::string operator()(const Concurrency& one) const { return std::to_string(one.limit) + unit + " at once"; }
  std::string operator()(const Allowance& one) const {
    const std::string amount = std::to_string(one.amount) + unit;
    return one.period == Period::total ? amount + " in all" : amount + (one.period == Period::day ? " per day" : " per month");
  }
};

}  // namespace

bool concerns(const Rule& rule, const Asked& asked) {
  if (!asked.makes_tokens && rule.tokens_alone) return false;
  if (!asked.counts_tokens && rule.counted == Counted::tokens) return false;
  if (rule.for_whom == ForWhom::who_has_a_key && asked.key == 0) return false;
  if (rule.for_whom == ForWhom::who_has_none && asked.key != 0) return false;
  for (std::size_t i = 0; i < selections; ++i) {
    if (!rule.only[i]) continue;
    const bool fits = *rule.only[i] == each ? !asked.names[i].empty() : asked.names[i] == *rule.only[i];
    if (!fits) return false;
  }
  return true;
}

// Numbers and keyed marks: what one of them is made of stays apart from the others.
Subject subject_of(const Rule& rule, const Asked& asked) {
  Subject subject;
  const bool by_key = is_each(rule, Selected::key) || (rule.each_credential && asked.key != 0);
  const bool by_user = is_each(rule, Selected::user) || (rule.each_credential && asked.key == 0);
  if (by_user) subject = asked.user;
  if (is_each(rule, Selected::tenant)) subject.high ^= std::uint64_t{asked.tenant} << 32U;
  if (by_key) subject.high ^= asked.key;
  if (is_each(rule, Selected::model)) subject.low ^= std::uint64_t{asked.model} << 32U;
  if (is_each(rule, Selected::route)) subject.low ^= asked.route;
  return subject;
}

std::string in_words(const Limit& limit, Counted counted) {
  return std::visit(InWords{counted == Counted::tokens ? " tokens" : ""}, limit);
}

std::string describe(const Rule& rule) {
  std::string text = in_words(rule.limit, rule.counted);
  if (rule.each_credential) text += ", each key or user";
  for (std::size_t i = 0; i < selections; ++i) {
    if (!rule.only[i]) continue;
    const std::string name(selected_names[i]);
    text += *rule.only[i] == each ? ", each " + name : ", " + name + " " + *rule.only[i];
  }
  return text;
}

}  // namespace gatehouse::limits
