#include "http1/line_scanner.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "http1/ascii.h"
#include "http1/errors.h"

namespace gatehouse::wire::http1 {
namespace {

// True when one of the eight bytes may be a control byte (below 0x20, or 0x7f).
bool may_hold_control(const char* p) {
  constexpr std::uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
  std::uint64_t x = 0;
  std::memcpy(&x, p, sizeof x);
  const std::uint64_t below_space = (x - ones * 0x20) & ~x & tops;
  const std::uint64_t against_del = x ^ (ones * 0x7f);
  return (below_space | ((against_del - ones) & ~against_del & tops)) != 0;
}

std::size_t ordinary_run(std::string_view bytes) {
  std::size_t i = 0;
  for (;;) {
    while (i + 8 <= bytes.size() && !may_hold_control(bytes.data() + i)) i += 8;
    const std::size_t stop = std::min(bytes.size(), i + 8);
    while (i < stop && !is_control(bytes[i])) ++i;
    if (i < stop || i == bytes.size()) return i;
  }
}

Error fields_too_large() { return head_too_large("The fields of the request are too large"); }

}  // namespace

void LineScanner::reset() {
  size_ = line_ = lines_ = skipped_ = 0;
  after_cr_ = done_ = false;
}

Status LineScanner::count(std::size_t ordinary) {
  const bool request_line = block_ == Block::head && lines_ == 0;
  const std::size_t line_room = (request_line ? limits_.request_line : limits_.field) - line_;
  const std::size_t head_room = limits_.head - size_;
  if (ordinary > std::min(line_room, head_room)) {
    if (request_line && line_room <= head_room) return request_line_too_long();
    return fields_too_large();
  }
  line_ += ordinary;
  size_ += ordinary;
  return ok();
}

Status LineScanner::count_end_byte() {
  if (size_ == limits_.head) return fields_too_large();
  ++size_;
  return ok();
}

Status LineScanner::end_line() {
  if (line_ > 0) {
    line_ = 0;
    const std::size_t fields = ++lines_ - (block_ == Block::head ? 1 : 0);
    if (fields > limits_.fields) return head_too_large("The request has too many fields");
    return ok();
  }
  if (block_ == Block::trailers || lines_ > 0) {
    done_ = true;
    return ok();
  }
  // RFC 9112 section 2.2: an empty line in front of a request line is passed over; one, not a stream of them.
  if (skipped_ > 0) return malformed_head("The request begins with empty lines");
  skipped_ = size_;
  return ok();
}

Result<std::size_t> LineScanner::take(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && !done_) {
    if (after_cr_) {
      if (bytes[at] != '\n') return bad_line_ending();
      after_cr_ = false;
      ++at;
      GH_CHECK(count_end_byte());
      GH_CHECK(end_line());
      continue;
    }
    if (line_ == 0 && (bytes[at] == ' ' || bytes[at] == '\t')) return folded_line();
    const std::size_t run = ordinary_run(bytes.substr(at));
    GH_CHECK(count(run));
    at += run;
    if (at == bytes.size()) break;
    if (bytes[at] == '\n') return bad_line_ending();
    if (bytes[at] != '\r') return control_byte();
    after_cr_ = true;
    ++at;
    GH_CHECK(count_end_byte());
  }
  return at;
}

}  // namespace gatehouse::wire::http1
