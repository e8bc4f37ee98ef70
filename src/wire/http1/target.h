// wire/http1/target.h — what may stand in a request target and in Host.
// Source   RFC 9112 section 3.2, RFC 3986; stricter: no sub-delimiters, escapes or future addresses in a host, no %00 anywhere
#pragma once
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/http1/head.h"

namespace gatehouse::wire::http1 {

// host [":" port], no user information, no delimiter.
bool is_authority(std::string_view text);
// The same place, whatever the case and with the default port written or not.
bool same_authority(std::string_view a, std::string_view b, bool tls);

struct Target {
  std::string_view origin;     // path and query, or "*"
  std::string_view authority;  // of the absolute form, else empty
  bool tls = false;            // scheme of the absolute form
};

// spare holds the result where an absolute form has a query and no path.
Result<Target> read_target(std::string_view text, Method method, std::string& spare);

}  // namespace gatehouse::wire::http1
