#include "answer_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <iterator>

#include "field_syntax.h"
#include "gatehouse/base/assert.h"

namespace gatehouse::net {
namespace {

struct Phrase {
  int status;
  std::string_view text;
};
constexpr Phrase phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {529, "Overloaded"},
};

std::string_view reason_phrase(int status) {
  const auto* const found = std::ranges::find(phrases, status, &Phrase::status);
  return found == std::end(phrases) ? "Other" : found->text;
}

template <class Number>
void append_number(std::string& out, Number n, int base = 10) {
  std::array<char, 24> digits;
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), n, base);
  out.append(digits.data(), written.ptr);
}

}  // namespace

// Here, and not when the head is written: the handler that asks for it still gets its 500.
Response::Response(int status) : status_(status) { GH_ASSERT(status >= 200 && status <= 599); }

Response& Response::body(std::string_view content_type, std::string bytes) {
  field("Content-Type", content_type);
  body_ = std::move(bytes);
  return *this;
}

Response& Response::field(std::string_view name, std::string_view value) {
  GH_ASSERT(is_token(name) && is_field_value(value));
  fields_.reserve(fields_.size() + name.size() + value.size() + 4);
  fields_.append(name).append(": ").append(value).append("\r\n");
  return *this;
}

std::optional<std::string_view> Response::value_of(std::string_view name) const {
  for (std::string_view rest = fields_; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(": ")) return line.substr(name.size() + 2);
  }
  return std::nullopt;
}

Response& Response::recode(std::string_view coding, std::string bytes) {
  body_ = std::move(bytes);
  return field("Content-Encoding", coding);
}

bool has_no_body(int status) { return status == 204 || status == 304; }

void append_answer_head(std::string& out, const Response& response, BodyForm form, After after, std::string_view server_and_date) {
  if (response.status() == 200) {
    out += "HTTP/1.1 200 OK\r\n";
  } else {
    out += "HTTP/1.1 ";
    append_number(out, response.status());
    out += ' ';
    out += reason_phrase(response.status());
    out += "\r\n";
  }
  out += server_and_date;
  out += response.extra_fields();
  out += response.last_lines();
  if (after == After::close) out += "Connection: close\r\n";
  if (after == After::keep_on_http10) out += "Connection: keep-alive\r\n";
  const bool with_body = !has_no_body(response.status());
  if (form == BodyForm::chunked && with_body) out += "Transfer-Encoding: chunked\r\n";
  if (form == BodyForm::length && with_body) {
    out += "Content-Length: ";
    append_number(out, response.body().size());
    out += "\r\n";
  }
  out += "\r\n";
}

void append_chunk(std::string& out, std::string_view piece) {
  append_number(out, piece.size(), 16);
  out += "\r\n";
  out += piece;
  out += "\r\n";
}

std::string_view ServerAndDate::text(Instant now) {
  if (now < valid_until_) return text_;
  const WallTime wall = clock_.wall();
  const auto second = std::chrono::floor<seconds>(wall);
  valid_until_ = now + std::chrono::duration_cast<nanoseconds>(second + seconds(1) - wall);
  static constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t t = std::chrono::system_clock::to_time_t(second);
  std::tm utc{};
  gmtime_r(&t, &utc);
  std::array<char, 96> line;
  const int n = std::snprintf(line.data(), line.size(), "Server: gatehouse\r\nDate: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n",
                              days[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday, months[static_cast<std::size_t>(utc.tm_mon)],
                              utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  text_.assign(line.data(), static_cast<std::size_t>(n));
  return text_;
}

}  // namespace gatehouse::net
