// gateway/limit_words.h — what limits say to callers: the fields of an answer, and refusals.
// Threads  pure functions
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/error.h"
#include "gatehouse/limits/fields.h"
#include "gatehouse/limits/limit_table.h"

namespace gatehouse::gateway {

// What the lines about one limit always say: made once for each plan.
struct LimitWords {
  std::string item;        // of RateLimit, up to what is left
  std::string numbers;     // of x-ratelimit-*, up to what is left of it
  std::string_view reset;  // the name of the line that says when all of it is there again
  bool at_once = false, of_tokens = false;
};
std::vector<LimitWords> words_of(std::span<const limits::Told> told);

// The line RateLimit-Policy, which is the same until the limits are others.
std::string policy_line(std::span<const limits::Told> told);

// rate_limit_exceeded (with the words of the limit), concurrency_exceeded. param is the name of the limit.
Error over_rate(const limits::Told& told, bool counts_tokens);
// quota_exceeded: of a day's calls, or of a budget, of which the call needs so much at the least. Waiting helps once the period is over.
Error over_quota(const limits::Told& told);
Error over_budget(const limits::Told& told, limits::Units needed);

}  // namespace gatehouse::gateway
