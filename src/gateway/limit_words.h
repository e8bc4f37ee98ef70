// gateway/limit_words.h — what limits say to callers: the fields of an answer, and refusals.
// Threads  pure functions
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/base/error.h"
#include "gatehouse/limits/fields.h"

namespace gatehouse::gateway {

// RateLimit-Policy, RateLimit and x-ratelimit-*: lines ready for an answer.
std::string limit_lines(std::span<const limits::Told> told);

// rate_limit_exceeded (with the words of the limit), concurrency_exceeded. param is the name of the limit.
Error over_rate(const limits::Told& told, bool counts_tokens);
// quota_exceeded: of a day's calls, or of a budget, of which the call needs so much at the least. Waiting helps once the period is over.
Error over_quota(const limits::Told& told);
Error over_budget(const limits::Told& told, limits::Units needed);

}  // namespace gatehouse::gateway
