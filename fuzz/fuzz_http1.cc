// Bytes that claim to be HTTP/1.1 requests: the same result however they are cut, and every head that is accepted says exactly what
// its own lines say, by rules that are written here a second time and more simply.
#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/wire/http1/dump.h"
#include "gatehouse/wire/http1/parser.h"

namespace {

namespace gw = gatehouse::wire;
using gatehouse::Code;

void require(bool holds) {
  if (!holds) std::abort();
}

// What was read: each message spelled out, then how it ended.
struct Outcome {
  std::string messages, error, readable;
  bool half_read = false;
  bool operator==(const Outcome&) const = default;
};

bool same_name(std::string_view name, std::string_view lower) {
  return std::equal(name.begin(), name.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t from = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(from, text.find_last_not_of(" \t") + 1 - from);
}

// The lines of a head, as anybody would cut it; the one empty line in front left out.
std::vector<std::string_view> lines_of(std::string_view head) {
  std::vector<std::string_view> lines;
  if (head.starts_with("\r\n")) head.remove_prefix(2);
  while (!head.starts_with("\r\n")) {
    const std::size_t end = head.find("\r\n");
    require(end != std::string_view::npos);
    lines.push_back(head.substr(0, end));
    head.remove_prefix(end + 2);
  }
  require(head.size() == 2 && !lines.empty());
  return lines;
}

void check_limits(const std::vector<std::string_view>& lines, std::string_view head, const gw::Http1Limits& limits) {
  require(head.size() <= limits.head);
  require(lines[0].size() <= limits.request_line && lines.size() - 1 <= limits.fields);
  for (const std::string_view line : lines) {
    require(&line == &lines[0] || line.size() <= limits.field);
    require(std::none_of(line.begin(), line.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; }));
  }
}

void check_target(const gw::RequestHead& head, std::string_view sent) {
  const std::string_view target = head.target;
  require(target.starts_with('/') || (target == "*" && head.method == gw::Method::options));
  require(target == sent || (sent.find("://") != std::string_view::npos && (sent.ends_with(target) || sent.ends_with(target.substr(1)))));
  require(head.path.data() == target.data() && head.path == target.substr(0, target.find('?')));
  require(head.path.size() == target.size() || head.query == target.substr(head.path.size() + 1));
  require(head.path.size() < target.size() || head.query.empty());
  for (const char c : target) require(c > 0x20 && c < 0x7f && std::string_view("#|\"<>\\").find(c) == std::string_view::npos);
  require(target.find("%00") == std::string_view::npos);
  for (std::size_t i = target.find('%'); i != std::string_view::npos; i = target.find('%', i + 1)) {
    require(i + 2 < target.size() && std::isxdigit(target[i + 1]) != 0 && std::isxdigit(target[i + 2]) != 0);
  }
}

void check_fields(const gw::RequestHead& head, const std::vector<std::string_view>& lines) {
  require(head.fields.size() == lines.size() - 1);
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    const std::size_t colon = lines[i + 1].find(':');
    require(colon != std::string_view::npos && colon > 0);
    require(head.fields[i].name == lines[i + 1].substr(0, colon) && head.fields[i].value == trimmed(lines[i + 1].substr(colon + 1)));
    for (const char c : head.fields[i].name)
      require(c > 0x20 && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos);
  }
}

// What decides where the message ends and whom it is for, straight from the fields.
void check_framing(const gw::RequestHead& head) {
  std::size_t hosts = 0, lengths = 0, encodings = 0;
  for (const gw::FieldView& field : head.fields) {
    if (same_name(field.name, "host")) {
      ++hosts;
      require(!field.value.empty() && field.value.find_first_of("/?#@\\, \t") == std::string_view::npos);
    } else if (same_name(field.name, "content-length")) {
      ++lengths;
      require(!field.value.empty() && field.value.size() <= 19);
      std::uint64_t length = 0;
      for (const char c : field.value) {
        require(c >= '0' && c <= '9');
        length = length * 10 + static_cast<std::uint64_t>(c - '0');
      }
      require(head.content_length == length);
    } else if (same_name(field.name, "transfer-encoding")) {
      ++encodings;
      require(head.minor == 1 && head.chunked && same_name(field.value, "chunked"));
    }
  }
  require(hosts == 1 || (hosts == 0 && head.minor == 0));
  require(head.host_present == (hosts == 1));
  require(lengths + encodings <= 1 && head.chunked == (encodings == 1) && head.content_length.has_value() == (lengths == 1));
}

bool names(std::string_view list, std::string_view option) {
  for (;;) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (same_name(trimmed(list.substr(0, comma)), option)) return true;
    if (comma == list.size()) return false;
    list.remove_prefix(comma + 1);
  }
}

void check_keep_alive(const gw::RequestHead& head) {
  bool closes = false, keeps = false, silent = true;
  for (const gw::FieldView& field : head.fields) {
    silent &= !same_name(field.name, "connection") && !same_name(field.name, "proxy-connection");
    if (!same_name(field.name, "connection")) continue;
    closes |= names(field.value, "close");
    keeps |= names(field.value, "keep-alive");
  }
  require(!closes || !head.keep_alive);
  require(!silent || head.keep_alive == (head.minor == 1));
  require(closes || !keeps || head.keep_alive);
}

void check_head(const gw::RequestHead& head, std::string_view bytes, const gw::Http1Limits& limits) {
  const std::vector<std::string_view> lines = lines_of(bytes);
  check_limits(lines, bytes, limits);
  const std::string_view first = lines[0];
  const std::size_t method_end = first.find(' '), target_end = first.rfind(' ');
  require(method_end < target_end && first.substr(0, method_end) == gw::to_string(head.method));
  require(first.substr(target_end) == (head.minor == 1 ? " HTTP/1.1" : " HTTP/1.0"));
  check_target(head, first.substr(method_end + 1, target_end - method_end - 1));
  check_fields(head, lines);
  check_framing(head);
  check_keep_alive(head);
}

// Hands over one piece after another.
class Pieces {
 public:
  Pieces(std::string_view bytes, std::size_t size) : bytes_(bytes), size_(size) {}
  std::string_view next() const { return bytes_.substr(at_, size_ - at_ % size_); }
  void took(std::size_t n) {
    require(n <= next().size());
    at_ += n;
  }
  bool over() const { return at_ == bytes_.size(); }
  std::size_t at() const { return at_; }
  std::string_view since(std::size_t from) const { return bytes_.substr(from, at_ - from); }

 private:
  const std::string_view bytes_;
  const std::size_t size_;
  std::size_t at_ = 0;
};

void check_error(const gatehouse::Error& error) {
  const Code code = error.code();
  require(code == Code::invalid_argument || code == Code::uri_too_long || code == Code::head_too_large || code == Code::not_supported ||
          code == Code::version_not_supported || code == Code::expectation_failed);
  require(error.origin() == gatehouse::Origin::caller && !error.reason().empty() && !error.public_text().empty());
}

// False at the end of the input or at an error, which is noted.
bool read_message(gw::Http1Parser& parser, Pieces& input, const gw::Http1Limits& limits, Outcome& outcome) {
  const std::size_t start = input.at();
  const auto fail = [&outcome](const gatehouse::Error& error) {
    check_error(error);
    outcome.error = std::string(error.reason()) + error.public_text();
    return false;
  };
  while (!parser.head_done()) {
    if (input.over()) return false;
    const auto taken = parser.take_head(input.next());
    if (!taken) return fail(taken.error());
    input.took(*taken);
  }
  const gw::RequestHead& head = parser.head();
  check_head(head, input.since(start), limits);
  const std::size_t body_start = input.at();
  std::string body;
  while (!parser.body_done()) {
    if (input.over()) return false;
    const auto taken = parser.take_body(input.next(), &body);
    if (!taken) return fail(taken.error());
    require(*taken > 0 || parser.body_done());
    input.took(*taken);
  }
  require(head.chunked ? body.size() < input.at() - body_start : body == input.since(body_start));
  require(head.chunked || body.size() == head.content_length.value_or(0));
  outcome.messages.append(gw::to_string(head.method)).append(" ").append(head.target).append(" ").append(body).append("\n");
  return true;
}

Outcome read_all(std::string_view bytes, std::size_t piece, const gw::Http1Limits& limits) {
  Outcome outcome;
  gw::Http1Parser parser(limits);
  Pieces input(bytes, std::max<std::size_t>(piece, 1));
  while (read_message(parser, input, limits, outcome)) parser.next();
  outcome.half_read = outcome.error.empty() && parser.head_started();
  if (!outcome.error.empty() && parser.readable_head() != nullptr) outcome.readable = parser.readable_head()->target;
  return outcome;
}

gw::Http1Limits small_limits() {
  gw::Http1Limits limits;
  limits.head = 160, limits.request_line = 40, limits.fields = 6, limits.field = 60, limits.chunk_extension = 12;
  return limits;
}

}  // namespace

// The first byte says how the rest is cut and, by its top bit, whether the limits are small enough to be met by a short input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = 2 + data[0] % 64;
  const bool small = (data[0] & 0x80) != 0;
  const gw::Http1Limits limits = small ? small_limits() : gw::Http1Limits();
  const Outcome whole = read_all(bytes, bytes.size(), limits);
  require(read_all(bytes, piece, limits) == whole);
  require(read_all(bytes, 1, limits) == whole);
  if (small) return 0;
  const gw::Http1Dump dump = gw::dump_http1(bytes, 0);
  require(dump.well_formed == (whole.error.empty() && !whole.half_read));
  require(gw::dump_http1(bytes, piece).lines == dump.lines);
  return 0;
}
