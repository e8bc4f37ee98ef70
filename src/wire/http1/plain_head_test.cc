#include "http1/plain_head.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "http1/line_scanner.h"

namespace gatehouse::wire::http1 {
namespace {

using namespace std::string_view_literals;

// As the parser hands them over: nothing that the first half of the guard refuses.
bool is_a_head(const std::string& bytes) {
  const Http1Limits limits;
  LineScanner lines(Block::head, limits);
  const Result<std::size_t> taken = lines.take(bytes);
  return taken.ok() && *taken == bytes.size() && lines.done() && lines.skipped() == 0;
}

// Whether it was read here; and if so, whether Beast says the same of it.
bool is_read_alike(const std::string& bytes) {
  std::vector<FieldView> fields, beasts_fields;
  const std::optional<BeastHead> plain = read_plain_head(bytes, fields);
  if (!plain) return false;
  const Result<BeastHead> beast = read_with_beast(bytes, beasts_fields);
  EXPECT_TRUE(beast.ok()) << bytes;
  if (!beast) return true;
  EXPECT_EQ(plain->method, beast->method) << bytes;
  EXPECT_EQ(plain->target, beast->target) << bytes;
  EXPECT_EQ(plain->minor, beast->minor) << bytes;
  EXPECT_EQ(plain->keep_alive, beast->keep_alive) << bytes;
  EXPECT_EQ(fields.size(), beasts_fields.size()) << bytes;
  for (std::size_t i = 0; i < std::min(fields.size(), beasts_fields.size()); ++i) {
    EXPECT_EQ(fields[i].name, beasts_fields[i].name) << bytes;
    EXPECT_EQ(fields[i].value, beasts_fields[i].value) << bytes;
    EXPECT_EQ(fields[i].name.data(), beasts_fields[i].name.data()) << bytes;
  }
  return true;
}

TEST(PlainHead, ReadsWhatClientsSend) {
  for (const std::string_view fields :
       {""sv, "Content-Type: application/json\r\nContent-Length: 12\r\n"sv, "Connection: keep-alive\r\n"sv,
        "X-Empty:\r\nX-Blank: \t \r\n"sv, "Authorization: Bearer gh_0123abcd_abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ_0123456\r\n"sv,
        "a:b\r\n"sv, "x: \xC3\xA4 \tb\t\r\n"sv, "a-name-that-is-longer-than-sixteen-characters_and_has_others: v\r\n"sv}) {
    const std::string head = "POST /v1/chat/completions?a=b HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n" + std::string(fields) + "\r\n";
    ASSERT_TRUE(is_a_head(head)) << head;
    EXPECT_TRUE(is_read_alike(head)) << head;
  }
}

TEST(PlainHead, LeavesToBeastWhatBeastActsUpon) {
  for (const std::string_view head : {"GET / HTTP/1.0\r\n\r\n"sv,
                                      "GET / HTTP/2.0\r\n\r\n"sv,
                                      "get / HTTP/1.1\r\n\r\n"sv,
                                      "GET  / HTTP/1.1\r\n\r\n"sv,
                                      "GET /\t HTTP/1.1\r\n\r\n"sv,
                                      "GET HTTP/1.1\r\n\r\n"sv,
                                      " / HTTP/1.1\r\n\r\n"sv,
                                      "GET / HTTP/1.1\r\n: a\r\n\r\n"sv,
                                      "GET / HTTP/1.1\r\na\r\n\r\n"sv,
                                      "GET / HTTP/1.1\r\na : b\r\n\r\n"sv,
                                      "GET / HTTP/1.1\r\na+b: c\r\n\r\n"sv,
                                      "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"sv,
                                      "GET / HTTP/1.1\r\nConnection: keep-alive, close\r\n\r\n"sv,
                                      "GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n"sv,
                                      "GET / HTTP/1.1\r\nProxy-Connection: close\r\n\r\n"sv,
                                      "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
                                      "GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n"sv,
                                      "GET / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n"sv,
                                      "GET / HTTP/1.1\r\nContent-Length:\r\n\r\n"sv,
                                      "GET / HTTP/1.1\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\n"sv,
                                      "GET / HTTP/1.1\r\nContent-Length: 12345678901234567890\r\n\r\n"sv}) {
    std::vector<FieldView> fields;
    EXPECT_FALSE(read_plain_head(head, fields)) << head;
  }
}

// Heads put together of pieces that mean something, some of their characters changed.
std::string odd_head(std::mt19937& random) {
  static constexpr std::array lines = {"Host: a\r\n"sv,
                                       "Connection: keep-alive\r\n"sv,
                                       "connection:  Keep-Alive\t\r\n"sv,
                                       "Connection: close\r\n"sv,
                                       "Content-Length: 5\r\n"sv,
                                       "Content-Length: 05\r\n"sv,
                                       "content-length:7 \r\n"sv,
                                       "Transfer-Encoding: chunked\r\n"sv,
                                       "Upgrade: x\r\n"sv,
                                       "Proxy-Connection: keep-alive\r\n"sv,
                                       "Authorization: Bearer abcdefghijklmnopqrstuvwxyz\r\n"sv,
                                       "X_Y-z: \xFF\t a\r\n"sv,
                                       "a-very-long-name-of-a-field-0123456789: v\r\n"sv,
                                       "x:\r\n"sv};
  static constexpr std::array starts = {"GET / HTTP/1.1\r\n"sv, "POST /a?b=%20 HTTP/1.1\r\n"sv, "M-SEARCH * HTTP/1.1\r\n"sv,
                                        "GET http://a/ HTTP/1.1\r\n"sv, "GET / HTTP/1.0\r\n"sv};
  const auto below = [&random](std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random); };
  std::string head(starts[below(starts.size())]);
  for (std::size_t i = below(6); i > 0; --i) head += lines[below(lines.size())];
  head += "\r\n";
  static constexpr std::string_view odd = " \t:,;-_AZaz09/\"@[`{\x7F\x80\xFF+%\r\n";
  for (std::size_t i = below(4); i > 0; --i) {
    const std::size_t at = below(head.size());
    below(3) == 0 ? head.insert(at, 1, odd[below(odd.size())]) : head.replace(at, 1, 1, odd[below(odd.size())]);
  }
  return head;
}

TEST(PlainHead, WhateverItReadsIsWhatBeastReads) {
  std::mt19937 random(20261128);
  int heads = 0, read = 0;
  for (int i = 0; i < 60'000; ++i) {
    const std::string bytes = odd_head(random);
    if (!is_a_head(bytes)) continue;
    ++heads;
    read += is_read_alike(bytes) ? 1 : 0;
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(heads, 10'000);
  EXPECT_GT(read, 3'000);
}

}  // namespace
}  // namespace gatehouse::wire::http1
