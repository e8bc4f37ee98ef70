#include "answer_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "gatehouse/base/assert.h"

namespace gatehouse::net {
namespace {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Other";
  }
}

template <class Number>
void append_number(std::string& out, Number n, int base = 10) {
  std::array<char, 24> digits;
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), n, base);
  out.append(digits.data(), written.ptr);
}

bool is_token(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [others](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

}  // namespace

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

bool has_no_body(int status) { return status == 204 || status == 304; }

void append_answer_head(std::string& out, const Response& response, BodyForm form, After after, std::string_view server_and_date) {
  GH_ASSERT(response.status() >= 200 && response.status() <= 599);
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
  if (after == After::close) out += "Connection: close\r\n";
  if (after == After::keep_on_http10) out += "Connection: keep-alive\r\n";
  if (form == BodyForm::chunked) out += "Transfer-Encoding: chunked\r\n";
  if (form == BodyForm::length && !has_no_body(response.status())) {
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
