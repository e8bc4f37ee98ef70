#include "gatehouse/wire/http1/reply.h"

#include <algorithm>
#include <cstdint>

#include "gatehouse/base/assert.h"
#include "http1/ascii.h"
#include "http1/chunked.h"
#include "http1/field_guard.h"
#include "http1/line_scanner.h"

namespace gatehouse::wire {

using namespace http1;

struct HttpReplyParser::Parts {
  enum class State { head, length, chunked, until_end, done };
  explicit Parts(const Http1Limits& limits) : lines(Block::head, limits), chunks(limits) {}
  LineScanner lines;
  ChunkedDecoder chunks;
  std::string head;
  State state = State::head;
  int minor = 1, interim = 0;
  std::uint64_t body_left = 0;
  bool started = false;
};

namespace {

constexpr int most_interim_replies = 8;

Error malformed(std::string_view what) { return operator_error("reply_malformed", "The reply is malformed: " + std::string(what)); }
Error too_large(std::string_view what) { return operator_error("reply_too_large", "The reply is too large: " + std::string(what)); }

// What the parts that know requests have found, in words for a reply.
Error refusal(const Error& found) {
  const bool large = found.code() == Code::head_too_large || found.code() == Code::uri_too_long;
  return (large ? too_large("its head") : malformed("it breaks the rules of HTTP/1.1")).with_detail(std::string(found.reason()));
}

std::string_view trimmed(std::string_view text) {
  const std::size_t from = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(from, text.find_last_not_of(" \t") + 1 - from);
}

struct StatusLine {
  int minor = 1, status = 0;
};

// HTTP/1.1 200 OK; the reason may be empty, the space before it may not be left out.
Result<StatusLine> read_status_line(std::string_view line) {
  constexpr std::string_view shape = "HTTP/1.1 200 ";
  const bool right = line.size() >= shape.size() && line.starts_with("HTTP/1.") && (line[7] == '0' || line[7] == '1') && line[8] == ' ' &&
                     std::all_of(line.begin() + 9, line.begin() + 12, is_digit) && line[12] == ' ';
  if (!right) return malformed("it does not begin with the status line of HTTP/1.1");
  StatusLine read;
  read.minor = line[7] - '0';
  for (const char digit : line.substr(9, 3)) read.status = read.status * 10 + (digit - '0');
  if (read.status < 100 || read.status > 599) return malformed("its status is none");
  return read;
}

Result<std::pair<std::string, std::string>> read_field(std::string_view line) {
  const std::size_t colon = std::min(line.find(':'), line.size());
  const std::string_view name = line.substr(0, colon);
  if (colon == line.size() || name.empty() || !std::all_of(name.begin(), name.end(), is_token_char)) {
    return malformed("one of its lines is no field");
  }
  return std::pair(std::string(name), std::string(trimmed(line.substr(colon + 1))));
}

}  // namespace

std::optional<std::string_view> HttpReply::field(std::string_view name) const {
  for (const auto& [own, value] : fields) {
    if (iequals(own, name)) return value;
  }
  return std::nullopt;
}

HttpReplyParser::HttpReplyParser(Method asked, const HttpReplyLimits& limits)
    : asked_(asked), limits_(limits), parts_(std::make_unique<Parts>(limits_.head)) {}
HttpReplyParser::~HttpReplyParser() = default;

bool HttpReplyParser::started() const { return parts_->started; }
bool HttpReplyParser::done() const { return parts_->state == Parts::State::done; }

HttpReply HttpReplyParser::take_reply() {
  GH_ASSERT(done());
  return std::move(reply_);
}

Result<std::size_t> HttpReplyParser::take(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && !done()) {
    parts_->started = true;
    const std::string_view rest = bytes.substr(at);
    GH_TRY(const std::size_t taken, parts_->state == Parts::State::head ? take_head(rest) : take_body(rest));
    at += taken;
  }
  return at;
}

Result<std::size_t> HttpReplyParser::take_head(std::string_view bytes) {
  const Result<std::size_t> taken = parts_->lines.take(bytes);
  if (!taken) return refusal(taken.error());
  parts_->head.append(bytes.substr(0, *taken));
  if (parts_->lines.done()) GH_CHECK(read_head());
  return *taken;
}

Status HttpReplyParser::read_head() {
  if (parts_->lines.skipped() > 0) return malformed("it begins with an empty line");
  std::string_view rest = parts_->head;
  const auto next_line = [&rest] {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
  };
  GH_TRY(const StatusLine first, read_status_line(next_line()));
  reply_.fields.clear();
  for (std::string_view line = next_line(); !line.empty(); line = next_line()) {
    GH_TRY(auto field, read_field(line));
    reply_.fields.push_back(std::move(field));
  }
  parts_->head.clear();
  parts_->minor = first.minor;
  reply_.status = first.status;
  if (first.status >= 200) return begin_body();
  if (first.status == 101 || ++parts_->interim > most_interim_replies) return malformed("nothing asked for what it announces");
  parts_->lines.reset();
  return ok();
}

Status HttpReplyParser::begin_body() {
  using State = Parts::State;
  std::vector<FieldView> views;
  for (const auto& [name, value] : reply_.fields) views.push_back({name, value});
  const Result<Framing> framing = find_framing(views);
  if (!framing) return refusal(framing.error());
  bool chunked = false;
  std::optional<std::uint64_t> length;
  const Status read = read_length(*framing, parts_->minor, chunked, length);
  if (!read) return refusal(read.error());
  if (asked_ == Method::head || reply_.status == 204 || reply_.status == 304 || (!chunked && length == 0U)) {
    parts_->state = State::done;
  } else if (length && *length > limits_.body) {
    return too_large("its body");
  } else {
    parts_->body_left = length.value_or(0);
    parts_->state = chunked ? State::chunked : length ? State::length : State::until_end;
  }
  return ok();
}

Result<std::size_t> HttpReplyParser::take_body(std::string_view bytes) {
  if (parts_->state != Parts::State::chunked) return take_plain(bytes);
  // So few that a byte too many is the last of them: what is wrong behind it is not looked at.
  const Result<std::size_t> taken = parts_->chunks.take(bytes.substr(0, limits_.body - reply_.body.size() + 1), &reply_.body);
  if (!taken) return refusal(taken.error());
  if (reply_.body.size() > limits_.body) return too_large("its body");
  if (parts_->chunks.done()) parts_->state = Parts::State::done;
  return *taken;
}

Result<std::size_t> HttpReplyParser::take_plain(std::string_view bytes) {
  const bool counted = parts_->state == Parts::State::length;
  const std::string_view ours =
      counted ? bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), parts_->body_left))) : bytes;
  if (ours.size() > limits_.body - reply_.body.size()) return too_large("its body");
  reply_.body.append(ours);
  if (!counted) return ours.size();
  parts_->body_left -= ours.size();
  if (parts_->body_left == 0) parts_->state = Parts::State::done;
  return ours.size();
}

Status HttpReplyParser::finish() {
  if (parts_->state == Parts::State::until_end) parts_->state = Parts::State::done;
  return done() ? ok() : Status(malformed("it ends too early"));
}

}  // namespace gatehouse::wire
