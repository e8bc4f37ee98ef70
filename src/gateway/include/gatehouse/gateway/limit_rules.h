// gateway/limit_rules.h — the limits of this installation, and what its models cost.
// Threads  immutable after start
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/limits/inflight.h"
#include "gatehouse/limits/plan.h"
#include "gatehouse/limits/price.h"

namespace gatehouse::gateway {

struct LimitRules {
  bool on = true;                          // off: nothing is refused, and all is counted
  std::optional<limits::Limit> strangers;  // each address, without a valid credential
  bool strangers_are_all = false;          // each address, whoever comes from there
  std::vector<limits::Rule> calls;         // of models
  limits::Prices prices;
  std::vector<unsigned> alerts{80, 100};  // percent of a budget at which the log warns
  // What may be remembered: of callers and of strangers apart, so that these do not leave those without room.
  std::size_t bytes_for_callers = std::size_t{64} << 20U, bytes_for_strangers = std::size_t{16} << 20U;
};

// A line for each that is in force, for whoever starts the server.
std::vector<std::string> list_of(const LimitRules& rules);

}  // namespace gatehouse::gateway
