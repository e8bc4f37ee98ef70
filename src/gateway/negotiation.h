// gateway/negotiation.h — what a client would rather have: codings, languages, pages.
// Rules    q-values count; an element that is malformed says nothing; fields that come several times are one list
// Threads  pure functions
// Source   RFC 9110 section 12
#pragma once
#include <cstdint>

#include "gatehouse/wire/http1/head.h"

namespace gatehouse::gateway {

// Gzip at least as much as the plain body.
bool wants_gzip(const wire::RequestHead& head);

enum class Language : std::uint8_t { english, chinese };
// Chinese only for those who would rather have it.
Language language_for(const wire::RequestHead& head);

// A browser: it names text/html, and does not like JSON better.
bool wants_page(const wire::RequestHead& head);

// Whether If-None-Match names this tag, which stands in quotes.
bool has_already(const wire::RequestHead& head, std::string_view etag);

}  // namespace gatehouse::gateway
