// wire/grammar/rules.h — a grammar while it is put together: rules with alternatives, each a sequence of terminals and other rules.
// Threads  value type
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gatehouse::wire::grammar {

enum class RuleId : std::uint32_t {};
inline constexpr std::uint32_t unbounded = 0xFFFF'FFFF;

struct Symbol {
  Symbol(std::string terminal) : what(std::move(terminal)) {}    // NOLINT: sequences are written as lists
  Symbol(const char* terminal) : what(std::string(terminal)) {}  // NOLINT
  Symbol(RuleId rule) : what(rule) {}                            // NOLINT
  Symbol(RuleId rule, std::uint32_t least_, std::uint32_t most_) : what(rule), least(least_), most(most_) {}
  std::variant<std::string, RuleId> what;  // a terminal as GBNF writes it: "text", [a-z]
  std::uint32_t least = 1, most = 1;
};
using Sequence = std::vector<Symbol>;

// A text as a terminal.
std::string literal(std::string_view text);

class Rules {
 public:
  static constexpr std::uint32_t most_ways = 1024;

  // Without alternatives it cannot be followed.
  RuleId add(std::vector<Sequence> alternatives = {});
  void alternative(RuleId rule, Sequence sequence);
  // More of it than may be; whoever adds stops.
  bool full() const;
  // In how many ways one of them can begin, at most: whoever follows the grammar keeps all of them in mind. Not beyond most_ways + 1.
  std::uint32_t widest() const;
  // Alternatives that lead nowhere (a member that must hold itself, for ever) are left out. Nothing where root leads nowhere.
  std::optional<std::string> text(RuleId root) const;

 private:
  struct Rule {
    std::vector<Sequence> alternatives;
  };
  std::vector<bool> that_end() const;
  std::vector<bool> that_may_be_empty() const;
  std::vector<bool> reached_from(RuleId root, const std::vector<bool>& ends) const;

  std::vector<Rule> rules_;
  std::size_t bytes_ = 0, repetitions_ = 0;
};

}  // namespace gatehouse::wire::grammar
