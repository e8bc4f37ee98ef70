// wire/http1/reply.h — the reply to one request of ours, out of bytes, read as strictly as requests are.
// Rules    A status line of three parts, fields by the grammar of requests, and one framing: chunked on HTTP/1.1, one Content-Length, or
//          until the connection ends. Interim replies (100 to 199, at most 8) are passed over, but 101: nobody asked for it.
// Units    sizes in bytes
// Threads  one owner
// Errors   reply_malformed, reply_too_large (origin operator). The same bytes give the same result however they are cut into pieces.
// Source   RFC 9112 sections 4, 6 and 7
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/http1/head.h"
#include "gatehouse/wire/http1/parser.h"

namespace gatehouse::wire {

struct HttpReplyLimits {
  HttpReplyLimits() = default;
  explicit HttpReplyLimits(std::size_t body_) : body(body_) {}
  Http1Limits head;
  std::size_t body = 1024 * 1024;
};

struct HttpReply {
  // The first field of that name, whatever its case.
  std::optional<std::string_view> field(std::string_view name) const;

  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
};

class HttpReplyParser {
 public:
  // asked: replies to HEAD have no body, whatever they say of it.
  HttpReplyParser(Method asked, const HttpReplyLimits& limits);
  ~HttpReplyParser();
  HttpReplyParser(const HttpReplyParser&) = delete;
  HttpReplyParser& operator=(const HttpReplyParser&) = delete;

  // Says how many of the bytes belong to the reply; once it is done, none.
  Result<std::size_t> take(std::string_view bytes);
  // The connection has ended in order: that is the end of some replies, and too early for the others.
  Status finish();
  bool started() const;
  bool done() const;
  // Once, when done.
  HttpReply take_reply();

 private:
  struct Parts;
  Result<std::size_t> take_head(std::string_view bytes);
  Result<std::size_t> take_body(std::string_view bytes);
  Result<std::size_t> take_plain(std::string_view bytes);
  Status read_head();
  Status begin_body();

  const Method asked_;
  const HttpReplyLimits limits_;
  std::unique_ptr<Parts> parts_;
  HttpReply reply_;
};

}  // namespace gatehouse::wire
