// gateway/tab_parts.h — what the opening of a tab and its later life have in common.
// Threads  the reactor of the tab
#pragma once
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tab.h"

namespace gatehouse::gateway {

// The amount of a budget that is no more.
inline constexpr limits::Units no_end = std::numeric_limits<limits::Units>::max();

// needed: by the call, of a budget.
Error refusal_of(const PlannedLimit& limit, const limits::Charge& charge, limits::Units needed);
// What was refused together is all still there.
void put_back(std::span<limits::Charge> refused);
// Those of calls that are no calls at once.
std::vector<limits::Charge*> rates_of(const TabPlan& plan, std::vector<limits::Charge>& charges);
// How long until the rates let one more call through.
limits::Wait until_the_next_call(limits::LimitTable& table, const std::vector<limits::Charge*>& rates, const limits::Moment& now);
// The lines of an answer, as the limits stand now; the plan's, until its next answer.
const std::string& fields_of(TabPlan& plan, std::span<const limits::Charge> charges);
// Of a limit that grows, by the whole call.
limits::Units needed_by(const TabPlan& plan, std::size_t line, const Measures& measures);
// The sheet is the next tab's of its plan.
void put_away(std::unique_ptr<TabSheet> sheet);

}  // namespace gatehouse::gateway
