// gateway/head_fields.h — what single fields of a request's head say about the request.
// Threads  pure functions
// Errors   if_match_invalid, idempotency_key_invalid → invalid_argument, origin caller
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/http1/head.h"

namespace gatehouse::gateway {

// X-Request-Id, where it is a plain word: it goes into headers and logs.
std::optional<std::string_view> given_request_id(const wire::RequestHead& head);

// Content-Type: a form, as browsers send it; else a body is JSON.
bool brings_form(const wire::RequestHead& head);

// If-Match: the version of what is to be changed, in quotes or without; nothing where the field is not there.
Result<std::optional<std::uint32_t>> expected_version(const wire::RequestHead& head);

// Cache-Control: what whoever asks would have of a cache. no-cache (and max-age=0) is anew, no-store beats all.
enum class CacheWish : std::uint8_t { usual, anew, none };
CacheWish cache_wish(const wire::RequestHead& head);

// Idempotency-Key, as it was sent; nothing where the field is not there.
Result<std::optional<std::string_view>> idempotency_key(const wire::RequestHead& head);

}  // namespace gatehouse::gateway
