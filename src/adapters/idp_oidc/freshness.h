// How long a key set may be used before it is asked for again, as its server says.
// Source   RFC 9111 sections 4.2 and 5.2.2
#pragma once
#include "gatehouse/base/clock.h"
#include "gatehouse/wire/http1/reply.h"

namespace gatehouse::adapters {

constexpr seconds least_fresh = std::chrono::minutes(5), most_fresh = std::chrono::hours(24), usually_fresh = std::chrono::hours(1);

seconds freshness_of(const wire::HttpReply& reply);

}  // namespace gatehouse::adapters
