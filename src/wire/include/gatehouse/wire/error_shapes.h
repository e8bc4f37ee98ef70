// wire/error_shapes.h — the error objects of the dialects that have one of their own and no folder yet: Open Inference Protocol, OAuth2.
// Threads  pure functions that append to out
// Source   Open Inference Protocol, inference_rest.md; RFC 6749 section 5.2
#pragma once
#include <string>
#include <string_view>

#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {

// {"error":"…"}
void write_oip_error(std::string& out, std::string_view message);
void oip_error_schema(JsonWriter& w);

// {"error":"invalid_request","error_description":"…"}. The description may hold ASCII alone, no quotes and no backslash: what is else
// in it is written as a mark that may.
void write_oauth_error(std::string& out, std::string_view code, std::string_view description);
void oauth_error_schema(JsonWriter& w);

}  // namespace gatehouse::wire
