#include "http1/errors.h"

#include <utility>

namespace gatehouse::wire::http1 {

Error malformed_head(std::string text) { return caller_error("malformed_request", std::move(text)); }
Error bad_line_ending() { return caller_error("bad_line_ending", "A line of the request does not end with CR LF"); }
Error control_byte() { return caller_error("control_byte_in_head", "The request head contains a control byte"); }
Error folded_line() { return caller_error("folded_field", "A field of the request is folded over several lines"); }
Error bad_content_length() { return caller_error("bad_content_length", "Content-Length must be given once, as 1 to 19 decimal digits"); }
Error bad_transfer_encoding() {
  return caller_error("bad_transfer_encoding", "Transfer-Encoding must be exactly chunked, given once, on HTTP/1.1");
}
Error ambiguous_framing() { return caller_error("ambiguous_framing", "Content-Length and Transfer-Encoding exclude each other"); }
Error bad_host(std::string text) { return caller_error("bad_host", std::move(text)); }
Error bad_target(std::string text) { return caller_error("bad_target", std::move(text)); }
Error malformed_chunk(std::string text) { return caller_error("malformed_chunk", std::move(text)); }
Error bad_trailer(std::string text) { return caller_error("bad_trailer", std::move(text)); }

Error head_too_large(std::string text) { return Error(Code::head_too_large, Origin::caller, "head_too_large", std::move(text)); }
Error request_line_too_long() { return Error(Code::uri_too_long, Origin::caller, "request_line_too_long", "The request line is too long"); }
Error unknown_method() { return Error(Code::not_supported, Origin::caller, "unknown_method", "This method is not supported"); }
Error unsupported_version() {
  return Error(Code::version_not_supported, Origin::caller, "unsupported_http_version", "Only HTTP/1.1 and HTTP/1.0 are spoken here");
}
Error unknown_expectation() {
  return Error(Code::expectation_failed, Origin::caller, "unknown_expectation", "The only expectation that can be met is 100-continue");
}

}  // namespace gatehouse::wire::http1
