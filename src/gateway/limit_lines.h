// gateway/limit_lines.h — the fields that tell of the limits of a plan, as its last answer had them: in the next one most of it is the
// same, and of its numbers only the digits are written that are others.
// Threads  its reactor
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/limits/limit_table.h"
#include "limit_words.h"

namespace gatehouse::gateway {

// What is left of a budget, by the name of its unit.
struct BudgetLeft {
  std::string_view unit;
  limits::Units remaining = 0;
};

class LimitLines {
 public:
  LimitLines() = default;
  explicit LimitLines(std::span<const limits::Told> told) : policy_(policy_line(told)), words_(words_of(told)) {}

  // Lines ready for an answer: RateLimit-Policy, RateLimit, x-ratelimit-* of those limits, in their order, as they have decided, and what
  // is left of the budget. They stand until the next call.
  const std::string& as_decided(std::span<const limits::Charge> decided, const std::optional<BudgetLeft>& budget);

 private:
  enum class Kind : std::uint8_t { number, seconds, duration, money };
  // What stands between the words.
  struct Gap {
    Kind kind = Kind::number;
    std::string_view name;           // in front of what is said
    std::size_t at = 0, length = 0;  // in the text, name included
    std::uint64_t value = 0;
    std::uint64_t least = 1, most = 0;  // of values whose digits take the place of those at its end; none: it is not said in digits alone
  };
  // What is told of, beside the limits themselves.
  struct Layout {
    std::array<std::size_t, 2> tightest{};  // of requests, of tokens; as many as there are words: none
    std::string_view unit;                  // of the budget; empty: there is none
    friend bool operator==(const Layout&, const Layout&) = default;
  };
  Layout layout_for(std::span<const limits::Charge> decided, const std::optional<BudgetLeft>& budget) const;
  void lay_out(const Layout& wanted);
  void leave_gap(Kind kind, std::string_view name = {});
  static std::string said_of(const Gap& gap, std::uint64_t value);
  void put(Gap& gap, std::uint64_t value) {
    if (value != gap.value) put_another(gap, value);
  }
  void put_another(Gap& gap, std::uint64_t value);
  void replace(Gap& gap, std::uint64_t value);

  std::string policy_;
  std::vector<LimitWords> words_;
  std::string text_;
  std::vector<Gap> gaps_;  // in the order of the text
  std::optional<Layout> layout_;
};

}  // namespace gatehouse::gateway
