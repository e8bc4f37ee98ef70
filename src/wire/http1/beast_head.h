// wire/http1/beast_head.h — method, target and fields as Boost.Beast reads them, before the second half of the guard.
// Errors   anything that Beast refuses is malformed_request (400) or unsupported_http_version (505)
#pragma once
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/http1/head.h"

namespace gatehouse::wire::http1 {

struct BeastHead {
  std::string_view method, target;
  int minor = 1;
  bool keep_alive = true;
};

// bytes: one whole head with its empty line, already accepted by LineScanner. Fields are views into it.
Result<BeastHead> read_with_beast(std::string_view bytes, std::vector<FieldView>& fields);

}  // namespace gatehouse::wire::http1
