#include "numbers.h"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace gatehouse::wire::grammar {
namespace {

constexpr std::int64_t farthest = 999'999'999'999'999;
constexpr std::size_t most_digits = 15;

std::string digit_range(char low, char high) {
  if (low == high) return literal(std::string(1, low));
  return {'[', low, '-', high, ']'};
}

void add_digits(Sequence& sequence, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) sequence.emplace_back("[0-9]");
}

// Digits of one length, both ends included: behind what they have in common, the first that differs decides.
void between_digits(Rules& rules, RuleId into, const Sequence& before, const std::string& low, const std::string& high) {
  if (low.empty()) return rules.alternative(into, before);
  const std::string low_rest = low.substr(1), high_rest = high.substr(1);
  const auto with = [&before](std::string terminal) {
    Sequence sequence = before;
    sequence.emplace_back(std::move(terminal));
    return sequence;
  };
  if (low.front() == high.front()) return between_digits(rules, into, with(digit_range(low.front(), low.front())), low_rest, high_rest);
  const bool low_whole = low_rest.find_first_not_of('0') == std::string::npos;
  const bool high_whole = high_rest.find_first_not_of('9') == std::string::npos;
  const char first = low_whole ? low.front() : static_cast<char>(low.front() + 1);
  const char last = high_whole ? high.front() : static_cast<char>(high.front() - 1);
  if (!low_whole) between_digits(rules, into, with(digit_range(low.front(), low.front())), low_rest, std::string(low_rest.size(), '9'));
  if (first <= last) {
    Sequence sequence = with(digit_range(first, last));
    add_digits(sequence, low_rest.size());
    rules.alternative(into, std::move(sequence));
  }
  if (!high_whole)
    between_digits(rules, into, with(digit_range(high.front(), high.front())), std::string(high_rest.size(), '0'), high_rest);
}

// 0 <= low <= high.
void natural_between(Rules& rules, RuleId into, const Sequence& before, std::int64_t low, std::int64_t high) {
  const std::string last = std::to_string(high);
  for (std::string first = std::to_string(low); first.size() <= last.size(); first = "1" + std::string(first.size(), '0')) {
    between_digits(rules, into, before, first, first.size() == last.size() ? last : std::string(first.size(), '9'));
  }
}

struct Ends {
  std::int64_t low, high;
};
Ends ends_of(const Between& bounds) {
  return {std::max(bounds.low.value_or(-farthest), -farthest), std::min(bounds.high.value_or(farthest), farthest)};
}

// Those of them that have no sign, and those that have one: calls add(sign, low, high) with 0 <= low <= high.
template <class Add>
void by_sign(const Ends& ends, Add add) {
  if (ends.high >= 0 && ends.low <= ends.high) add(Sequence(), std::max<std::int64_t>(ends.low, 0), ends.high);
  if (ends.low < 0 && ends.low <= ends.high) add(Sequence{literal("-")}, std::max<std::int64_t>(-ends.high, 1), -ends.low);
}

// So few that no number is rounded onto a bound.
std::uint32_t fraction_digits(const Between& steps) {
  const auto digits = [](const std::optional<std::int64_t>& bound) { return bound ? std::to_string(std::abs(*bound)).size() : 0; };
  return static_cast<std::uint32_t>(most_digits - std::min(std::max(digits(steps.low), digits(steps.high)), most_digits - 1));
}

}  // namespace

RuleId integer_between(Rules& rules, const Between& bounds) {
  const RuleId rule = rules.add();
  by_sign(ends_of(bounds),
          [&](const Sequence& sign, std::int64_t low, std::int64_t high) { natural_between(rules, rule, sign, low, high); });
  return rule;
}

RuleId number_between(Rules& rules, const Between& whole, const Between& steps) {
  const RuleId rule = rules.add(), integer = integer_between(rules, whole);
  rules.alternative(rule, {integer});
  rules.alternative(rule, {integer, literal(".0")});
  const RuleId digit = rules.add({{"[0-9]"}});
  const Ends ends = ends_of(steps);
  const auto with_fraction = [&](const Sequence& sign, std::int64_t low, std::int64_t high) {
    if (low > high) return;
    const RuleId number = rules.add();
    natural_between(rules, number, sign, low, high);
    rules.alternative(rule, {number, literal("."), Symbol(digit, 0, fraction_digits(steps) - 1), "[1-9]"});
  };
  // n.x lies between n and n + 1, -n.x between -n - 1 and -n.
  if (ends.high >= 1) with_fraction({}, std::max<std::int64_t>(ends.low, 0), ends.high - 1);
  if (ends.low <= -1) with_fraction({literal("-")}, std::max<std::int64_t>(-ends.high, 0), -ends.low - 1);
  return rule;
}

}  // namespace gatehouse::wire::grammar
