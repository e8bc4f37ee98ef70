// telemetry/json_string.h — text as it may stand in a log: one line, valid UTF-8, nothing that a terminal obeys.
// Source   RFC 8259 section 7; Unicode table 3-7 for what is well-formed UTF-8
#pragma once
#include <string>
#include <string_view>

namespace gatehouse::telemetry {

// A JSON string with its quotes. Control characters (C0, DEL, C1), quotes and line separators are escaped; each byte that
// is not well-formed UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

// The same without quotes around it and with quotes inside left alone, for people.
void append_plain(std::string& out, std::string_view text);

}  // namespace gatehouse::telemetry
