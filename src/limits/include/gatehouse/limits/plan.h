// limits/plan.h — the limits that an installation has, as data: whom each is for, and which of them a request must keep to.
// Threads  immutable once made; pure functions
// Rules    what a rule names it counts together: one tenant, one model. "*" counts each one for itself, and what is not named does not
//          matter. A rule that names something does not concern requests that have no such thing
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/limits/limit.h"
#include "gatehouse/limits/limit_table.h"

namespace gatehouse::limits {

enum class Selected : std::uint8_t { tenant, role, user, key, model, route };
inline constexpr std::size_t selections = 6;

// A request, as far as limits go by it. What it does not have is empty.
struct Asked {
  std::array<std::string_view, selections> names;  // by Selected
  std::uint32_t tenant = 0, key = 0;               // numbers that stand for them
  std::uint32_t model = 0, route = 0;
  Subject user;               // stands for who asks: the user, or the tenant itself
  bool makes_tokens = true;   // a call of a language model
  bool counts_tokens = true;  // that, or of a model whose texts are counted
  std::string_view name(Selected one) const { return names[static_cast<std::size_t>(one)]; }
  std::string_view& name(Selected one) { return names[static_cast<std::size_t>(one)]; }
};

enum class Counted : std::uint8_t { calls, tokens };
// Which credentials a rule is for.
enum class ForWhom : std::uint8_t { everybody, who_has_a_key, who_has_none };

struct Rule {
  std::string name;    // as answers and metrics say it: "key", "rule-1-tokens"
  std::string origin;  // as the configuration says it: "limits.key_generation"
  Limit limit;
  Counted counted = Counted::calls;
  ForWhom for_whom = ForWhom::everybody;
  bool tokens_alone = false;                                // calls of language models, and no others
  bool each_credential = false;                             // counts each key for itself, or user where there is none
  std::array<std::optional<std::string>, selections> only;  // by Selected; "*" is each
};

bool concerns(const Rule& rule, const Asked& asked);
// Under what its calls are counted.
Subject subject_of(const Rule& rule, const Asked& asked);

// "10 per 1 minute", "5 at once", "60000 tokens per 1 minute", "1000 per day".
std::string in_words(const Limit& limit, Counted counted);
// Of a rule, for whoever starts the server: what it allows and for whom.
std::string describe(const Rule& rule);

}  // namespace gatehouse::limits
