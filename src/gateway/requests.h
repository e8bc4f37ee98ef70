// gateway/requests.h — a body in its route's dialect, read, checked and brought to what all dialects come down to.
// Errors   what the readers of wire/openai, wire/anthropic and wire/llm say; not_supported (501) for what this version cannot do yet
#pragma once
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/gateway/generation.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/wire/json/document.h"

namespace gatehouse::gateway {

Result<Generation> read_generation(Action action, wire::JsonParser& parser, std::string_view body);

}  // namespace gatehouse::gateway
