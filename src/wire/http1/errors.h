// wire/http1/errors.h — every way in which bytes fail to be a request, each with its reason and status.
#pragma once
#include "gatehouse/base/error.h"

namespace gatehouse::wire::http1 {

Error malformed_head(std::string text);   // 400
Error bad_line_ending();                  // 400
Error control_byte();                     // 400
Error folded_line();                      // 400
Error bad_content_length();               // 400
Error bad_transfer_encoding();            // 400
Error ambiguous_framing();                // 400
Error bad_host(std::string text);         // 400
Error bad_target(std::string text);       // 400
Error malformed_chunk(std::string text);  // 400
Error bad_trailer(std::string text);      // 400
Error head_too_large(std::string text);   // 431
Error request_line_too_long();            // 414
Error unknown_method();                   // 501
Error unsupported_version();              // 505
Error unknown_expectation();              // 417

}  // namespace gatehouse::wire::http1
