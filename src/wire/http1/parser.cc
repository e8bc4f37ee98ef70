#include "gatehouse/wire/http1/parser.h"

#include <algorithm>

#include "gatehouse/base/assert.h"
#include "http1/beast_head.h"
#include "http1/chunked.h"
#include "http1/errors.h"
#include "http1/field_guard.h"
#include "http1/line_scanner.h"
#include "http1/plain_head.h"
#include "http1/target.h"

namespace gatehouse::wire {

using namespace http1;

struct Http1Parser::Parts {
  explicit Parts(const Http1Limits& limits) : lines(Block::head, limits), chunks(limits) {}
  LineScanner lines;
  ChunkedDecoder chunks;
  std::uint64_t body_left = 0;  // of a body with Content-Length
  std::string spare_target;
};

namespace {

Result<Method> read_method(std::string_view text) {
  for (const Method m : {Method::get, Method::post, Method::head, Method::put, Method::patch, Method::delete_, Method::options,
                         Method::trace, Method::query}) {
    if (to_string(m) == text) return m;
  }
  return unknown_method();
}

Result<BeastHead> read_syntax(std::string_view bytes, std::vector<FieldView>& fields) {
  const std::optional<BeastHead> plain = read_plain_head(bytes, fields);
  return plain ? Result<BeastHead>(*plain) : read_with_beast(bytes, fields);
}

void set_target(RequestHead& head, std::string_view origin) {
  const std::size_t mark = std::min(origin.find('?'), origin.size());
  head.target = origin;
  head.path = origin.substr(0, mark);
  head.query = mark < origin.size() ? origin.substr(mark + 1) : std::string_view();
}

}  // namespace

Http1Parser::Http1Parser(const Http1Limits& limits) : limits_(limits), parts_(std::make_unique<Parts>(limits_)) {}
Http1Parser::~Http1Parser() = default;

bool Http1Parser::head_started() const { return parts_->lines.size() > parts_->lines.skipped(); }
bool Http1Parser::head_done() const { return parts_->lines.done(); }
bool Http1Parser::body_done() const { return head_.chunked ? parts_->chunks.done() : parts_->body_left == 0; }

Result<std::size_t> Http1Parser::take_head(std::string_view bytes) {
  GH_TRY(const std::size_t taken, parts_->lines.take(bytes));
  bytes_.append(bytes.substr(0, taken));
  if (head_done()) {
    GH_CHECK(read_head());
  }
  return taken;
}

// The order decides which error a message with several faults gets: syntax, framing, method, target, host, expectation.
Status Http1Parser::read_head() {
  GH_TRY(const BeastHead read, read_syntax(std::string_view(bytes_).substr(parts_->lines.skipped()), head_.fields));
  head_.minor = read.minor;
  head_.keep_alive = read.keep_alive;
  GH_TRY(const Framing framing, find_framing(head_.fields));
  GH_CHECK(apply_framing(framing, head_));
  GH_TRY(head_.method, read_method(read.method));
  GH_TRY(const Target target, read_target(read.target, head_.method, parts_->spare_target));
  set_target(head_, target.origin);
  readable_ = true;
  GH_CHECK(check_host(framing, target.authority, target.tls, head_.minor));
  head_.host_present = framing.hosts == 1;
  if (head_.minor > 0) {
    if (framing.expects_else) return unknown_expectation();
    head_.expects_continue = framing.expects_continue;
  }
  parts_->body_left = head_.content_length.value_or(0);
  return ok();
}

Result<std::size_t> Http1Parser::take_body(std::string_view bytes, std::string* body) {
  GH_ASSERT(head_done());
  if (head_.chunked) return parts_->chunks.take(bytes, body);
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), parts_->body_left));
  if (body != nullptr) body->append(bytes.substr(0, taken));
  parts_->body_left -= taken;
  return taken;
}

void Http1Parser::next() {
  if (head_.chunked) parts_->chunks.reset();
  parts_->lines.reset();
  parts_->body_left = 0;
  bytes_.clear();
  std::vector<FieldView> fields = std::move(head_.fields);
  fields.clear();
  head_ = RequestHead();
  head_.fields = std::move(fields);  // keeps its memory
  readable_ = false;
}

}  // namespace gatehouse::wire
