// limits/fields.h — what limits say, as fields of an answer.
// Units    whole seconds and milliseconds, rounded up: whoever waits as long as is said has waited long enough
// Threads  pure functions
// Source   draft-ietf-httpapi-ratelimit-headers-10 (RateLimit, RateLimit-Policy as lists of strings with parameters, RFC 9651); RFC 9110,
//          section 10.2.3 (Retry-After); OpenAI's x-ratelimit-* with durations such as 12ms, 1.5s, 6m0s
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/limits/limit.h"

namespace gatehouse::limits {

// One limit that an answer tells of.
struct Told {
  std::string_view name;  // as callers read it, such as "key"
  const Limit* limit = nullptr;
  std::string_view unit;  // "tokens"; empty for requests, which need not be said
  Decision decision;
};

// "key";q=100;w=60, "tpm";q=60000;w=60;qu="tokens". Without a window where it has none of one length. Empty when nothing is told.
std::string rate_limit_policy(std::span<const Told> told);
// "key";r=99;t=60, "tpm";r=5123;t=17. Without t where it never comes, or nobody knows when. Empty when nothing is told.
std::string rate_limit(std::span<const Told> told);

// The same, behind what stands there.
void append_rate_limit_policy(std::string& out, std::span<const Told> told);
void append_rate_limit(std::string& out, std::span<const Told> told);
// One limit of that list up to what is left, for whoever keeps that.
void append_rate_limit_item(std::string& out, std::string_view name);

// For Retry-After and retry-after-ms: nothing where waiting never helps, or nobody knows how long.
std::optional<std::uint64_t> whole_seconds(const Wait& wait);
std::optional<std::uint64_t> whole_milliseconds(const Wait& wait);
// Whether a client should try again by itself: clients believe any Retry-After, and would sleep inside a call until midnight.
bool worth_a_retry(const Wait& wait);

// The value of x-ratelimit-reset-requests and -tokens: "12ms", "1.5s", "6m0s", "1h0m0.25s". Nothing as above.
std::optional<std::string> duration_text(const Wait& wait);

}  // namespace gatehouse::limits
