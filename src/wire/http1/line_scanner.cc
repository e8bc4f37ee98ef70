#include "http1/line_scanner.h"

#include <algorithm>

#include "gatehouse/base/sixteen.h"
#include "http1/ascii.h"
#include "http1/errors.h"

namespace gatehouse::wire::http1 {
namespace {

// How many bytes of a line stand in front of its end, or of what may not stand in one.
std::size_t ordinary_run(std::string_view bytes) {
  const Sixteen spaces = sixteen_times(' '), tabs = sixteen_times('\t'), dels = sixteen_times(0x7f);
  std::size_t i = 0;
  for (; i + sizeof(Sixteen) <= bytes.size(); i += sizeof(Sixteen)) {
    const Sixteen here = sixteen_at(bytes.data() + i);
    const auto controls = ((here < spaces) & (here != tabs)) | (here == dels);
    if (any_of(controls)) return i + first_of(controls);
  }
  while (i < bytes.size() && !is_control(bytes[i])) ++i;
  return i;
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
    if (bytes.substr(at).starts_with("\r\n") && limits_.head - size_ >= 2) {
      size_ += 2;
      at += 2;
      GH_CHECK(end_line());
      continue;
    }
    after_cr_ = true;
    ++at;
    GH_CHECK(count_end_byte());
  }
  return at;
}

}  // namespace gatehouse::wire::http1
