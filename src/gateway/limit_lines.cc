#include "limit_lines.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "gatehouse/base/decimal.h"
#include "gatehouse/base/text_writer.h"
#include "gatehouse/limits/fields.h"

namespace gatehouse::gateway {
namespace {

// Nobody knows, or it never comes: then nothing is said.
constexpr std::uint64_t unsaid = std::numeric_limits<std::uint64_t>::max();
constexpr std::string_view seconds_name = ";t=";
constexpr std::uint64_t ns_a_millisecond = 1'000'000;
constexpr limits::Units most_money = std::numeric_limits<std::int64_t>::max();

// Of as many digits as stand there. Two numbers that follow one another mostly differ in the last two.
void write_over(char* end, std::uint64_t before, std::uint64_t number) {
  for (; number >= 10; number /= 100, before /= 100) {
    if (number == before) return;
    std::memcpy(end -= 2, &pairs_of_digits[2 * (number % 100)], 2);
  }
  if (number != before) *--end = static_cast<char>('0' + number);
}

}  // namespace

// OpenAI's fields know one limit of requests and one of tokens: that of which least is left.
LimitLines::Layout LimitLines::layout_for(std::span<const limits::Charge> decided, const std::optional<BudgetLeft>& budget) const {
  Layout made{{words_.size(), words_.size()}, budget ? budget->unit : std::string_view()};
  std::array<limits::Units, 2> least{};
  std::size_t i = 0;
  for (const LimitWords& words : words_) {
    const limits::Units remaining = decided[i].decision.remaining;
    const std::size_t kind = words.of_tokens ? 1 : 0;
    if (!words.at_once && (made.tightest[kind] == words_.size() || remaining < least[kind])) {
      made.tightest[kind] = i;
      least[kind] = remaining;
    }
    ++i;
  }
  return made;
}

void LimitLines::leave_gap(Kind kind, std::string_view name) {
  const bool is_always_said = kind == Kind::number || kind == Kind::money;
  gaps_.push_back({kind, name, text_.size(), 0, unsaid});
  if (is_always_said) replace(gaps_.back(), 0);
}

// What all answers of this kind have in common; the gaps are filled afterwards.
void LimitLines::lay_out(const Layout& wanted) {
  layout_.reset();
  gaps_.clear();
  text_ = policy_;
  for (const LimitWords& words : words_) {
    text_ += words.item;
    leave_gap(Kind::number);
    leave_gap(Kind::seconds, seconds_name);
  }
  if (!words_.empty()) text_ += "\r\n";
  for (const std::size_t tightest : wanted.tightest) {
    if (tightest == words_.size()) continue;
    text_ += words_[tightest].numbers;
    leave_gap(Kind::number);
    text_ += "\r\n";
    leave_gap(Kind::duration, words_[tightest].reset);
  }
  if (!wanted.unit.empty()) {
    text_ += "x-gatehouse-budget-remaining: ";
    leave_gap(wanted.unit == "money" ? Kind::money : Kind::number);
    text_.append(";unit=\"").append(wanted.unit).append("\"\r\n");
  }
  layout_ = wanted;
}

std::string LimitLines::said_of(const Gap& gap, std::uint64_t value) {
  switch (gap.kind) {
    case Kind::seconds:
      if (value == unsaid) return {};
      break;
    case Kind::duration:
      if (value == unsaid) return {};
      return std::string(gap.name) + limits::duration_text(limits::Wait::after_unsigned(value * ns_a_millisecond)).value_or("") + "\r\n";
    case Kind::money:
      return decimal_text(static_cast<std::int64_t>(std::min(value, most_money)), 9);
    case Kind::number:
      break;
  }
  return std::string(gap.name) + std::to_string(value);
}

// Where it is longer or shorter, what stands behind it moves.
void LimitLines::replace(Gap& gap, std::uint64_t value) {
  const std::string said = said_of(gap, value);
  text_.replace(gap.at, gap.length, said);
  const std::size_t before = gap.length;
  gap.length = said.size();
  gap.value = value;
  const bool in_digits = gap.kind == Kind::number || (gap.kind == Kind::seconds && value != unsaid);
  gap.least = 1, gap.most = 0;
  if (in_digits) {
    const std::size_t digits = gap.length - gap.name.size();
    gap.least = digits == 1 ? 0 : powers_of_ten[digits - 1];
    gap.most = digits == most_digits ? unsaid - 1 : powers_of_ten[digits] - 1;
  }
  for (Gap& one : gaps_) {
    if (one.at > gap.at) one.at = one.at - before + gap.length;
  }
}

void LimitLines::put_another(Gap& gap, std::uint64_t value) {
  if (value < gap.least || value > gap.most) return replace(gap, value);
  write_over(text_.data() + gap.at + gap.length, std::exchange(gap.value, value), value);
}

const std::string& LimitLines::as_decided(std::span<const limits::Charge> decided, const std::optional<BudgetLeft>& budget) {
  const Layout wanted = layout_for(decided, budget);
  if (layout_ != wanted) lay_out(wanted);
  auto gap = gaps_.begin();
  for (const limits::Charge& charge : decided) {
    put(*gap++, std::min(charge.decision.remaining, limits::most_units));
    put(*gap++, limits::whole_seconds(charge.decision.reset).value_or(unsaid));
  }
  for (const std::size_t tightest : wanted.tightest) {
    if (tightest == words_.size()) continue;
    const limits::Decision& decision = decided[tightest].decision;
    put(*gap++, decision.remaining);
    put(*gap++, limits::whole_milliseconds(decision.reset).value_or(unsaid));
  }
  if (budget) put(*gap, budget->remaining);
  return text_;
}

}  // namespace gatehouse::gateway
