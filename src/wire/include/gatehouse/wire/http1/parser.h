// wire/http1/parser.h — HTTP/1.1 requests out of bytes, strict enough that nobody behind or before us reads them differently.
// Life     made once a connection; take_head() until head_done(), take_body() until body_done(), next(), and so on
// Units    sizes in bytes
// Threads  one owner
// Errors   400 malformed, 414, 417, 431, 501, 505; every one ends the connection. The same bytes give the same result
//          however they are cut into pieces.
// Source   RFC 9110, RFC 9112; field syntax is Boost.Beast's, everything that Beast 1.81 lets through is refused here
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/http1/head.h"

namespace gatehouse::wire {

struct Http1Limits {
  std::size_t head = 32 * 1024;
  std::size_t request_line = 8 * 1024;
  std::size_t fields = 100;
  std::size_t field = 16 * 1024;
  std::size_t chunk_extension = 1024;
};

class Http1Parser {
 public:
  explicit Http1Parser(const Http1Limits& limits);
  ~Http1Parser();
  Http1Parser(const Http1Parser&) = delete;
  Http1Parser& operator=(const Http1Parser&) = delete;

  // Takes bytes of a head, never more, and says how many.
  Result<std::size_t> take_head(std::string_view bytes);
  bool head_started() const;
  bool head_done() const;
  // After head_done(), until next().
  const RequestHead& head() const { return head_; }
  // After an error: the head, when method, target and fields could be read all the same.
  const RequestHead* readable_head() const { return readable_ ? &head_ : nullptr; }

  // Takes bytes of the body, never more, and says how many; what they decode to is appended to body, or dropped when it is null.
  Result<std::size_t> take_body(std::string_view bytes, std::string* body);
  bool body_done() const;

  // Goes on to the next message; head() is void after it.
  void next();

 private:
  struct Parts;
  Status read_head();

  const Http1Limits limits_;
  std::unique_ptr<Parts> parts_;
  std::string bytes_;  // of the head; what head_ looks into
  RequestHead head_;
  bool readable_ = false;
};

}  // namespace gatehouse::wire
