// wire/http1/dump.h — what the parser makes of bytes, as `gatehouse debug http1-dump` prints it.
// Output   one JSON object a message: method, target, version, fields, body_sha256, body_bytes; at the first that is malformed
//          {"error","status"}, and nothing behind it. A message that ends too early is malformed.
// Threads  pure function
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::wire {

struct Http1Dump {
  std::string lines;
  bool well_formed = true;
};

// chunk: how many bytes the parser is given at a time, 0 all at once. The result does not depend on it.
Http1Dump dump_http1(std::string_view bytes, std::size_t chunk);

}  // namespace gatehouse::wire
