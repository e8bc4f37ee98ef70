#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http1/parse_cases.h"

namespace gatehouse::wire::http1 {
namespace {

using namespace std::string_literals;

TEST(Http1Limits, EachHasItsStatus) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "X: y\r\n";
  expect_refused({{line("GET /" + std::string(8192, 'a') + " HTTP/1.1"), Code::uri_too_long},
                  {std::string(9000, 'A'), Code::uri_too_long},
                  {get(many), Code::head_too_large},
                  {get("X: " + std::string(16384, 'a') + "\r\n"), Code::head_too_large},
                  {get("X: " + std::string(14000, 'a') + "\r\nY: " + std::string(14000, 'a') + "\r\nZ: " + std::string(6000, 'a') + "\r\n"),
                   Code::head_too_large}});
  expect_accepted(
      {line("GET /" + std::string(8192 - 14, 'a') + " HTTP/1.1"), get(many.substr(6)), get("X: " + std::string(16384 - 3, 'a') + "\r\n")});
}

TEST(Http1Parser, AnEndlessHeadIsRefusedWithinItsLimit) {
  Http1Parser parser(Http1Limits{});
  ASSERT_TRUE(parser.take_head("GET / HTTP/1.1\r\n"));
  std::size_t fed = 0;
  for (bool refused = false; !refused; fed += 6) {
    ASSERT_LT(fed, 40000U);
    refused = !parser.take_head("X: y\r\n").ok();
  }
  EXPECT_LE(fed, 606U);
}

// A head of exactly that many bytes, its empty line included, with no line near its own limit.
std::string head_of(std::size_t size) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  while (head.size() + 9002 < size) head += "X: " + std::string(8995, 'a') + "\r\n";
  return head + "Y: " + std::string(size - head.size() - 7, 'a') + "\r\n\r\n";
}

TEST(Http1Limits, AreKeptToTheByte) {
  const Http1Limits limits;
  const std::string long_line = "GET /" + std::string(limits.request_line - 14, 'a') + " HTTP/1.1";
  const std::string long_field = "X: " + std::string(limits.field - 3, 'a');
  expect_accepted({line(long_line), get(long_field + "\r\n"), head_of(limits.head), head_of(limits.head - 1),
                   chunked("1;" + std::string(limits.chunk_extension - 1, 'a') + "\r\nx\r\n0\r\n\r\n")});
  expect_refused({{line("a" + long_line), Code::uri_too_long},
                  {get(long_field + "a\r\n"), Code::head_too_large},
                  {head_of(limits.head + 1), Code::head_too_large},
                  {head_of(limits.head + 2), Code::head_too_large},
                  {head_of(limits.head + 3), Code::head_too_large},
                  {head_of(limits.head + 4), Code::head_too_large},
                  {head_of(limits.head + 5), Code::head_too_large},
                  {"\r\n" + head_of(limits.head - 1), Code::head_too_large},
                  {chunked("1;" + std::string(limits.chunk_extension, 'a') + "\r\nx\r\n0\r\n\r\n")}});
}

TEST(Http1Limits, HoldForTrailersToo) {
  const Http1Limits limits;
  const auto trailers = [](std::size_t lines, const std::string& each) {
    std::string all = "0\r\n";
    for (std::size_t i = 0; i < lines; ++i) all += each + "\r\n";
    return chunked(all + "\r\n");
  };
  expect_accepted({trailers(limits.fields, "X: y"), trailers(1, "X: " + std::string(limits.field - 3, 'a')),
                   trailers(2, "X: " + std::string(limits.head / 2 - 6, 'a'))});
  expect_refused({{trailers(limits.fields + 1, "X: y"), Code::head_too_large},
                  {trailers(1, "X: " + std::string(limits.field - 2, 'a')), Code::head_too_large},
                  {trailers(2, "X: " + std::string(limits.head / 2 - 5, 'a')), Code::head_too_large},
                  {trailers(3, "X: " + std::string(limits.head / 3, 'a')), Code::head_too_large}});
}

TEST(Http1Limits, ThoseThatAreGivenAreUsed) {
  Http1Limits limits;
  limits.head = 90, limits.request_line = 20, limits.fields = 3, limits.field = 30;
  const auto reason = [&limits](const std::string& input) { return parse(input, 1, limits).reason; };
  EXPECT_EQ(reason(get("X: y\r\n")), "");
  EXPECT_EQ(reason(line("GET /aaaaaaa HTTP/1.1")), "request_line_too_long");
  EXPECT_EQ(reason(get("X: y\r\nX: y\r\nX: y\r\n")), "head_too_large");
  EXPECT_EQ(reason(get("X: " + std::string(28, 'a') + "\r\n")), "head_too_large");
  EXPECT_EQ(reason(get("X: " + std::string(27, 'a') + "\r\nX: " + std::string(27, 'a') + "\r\n")), "head_too_large");
}

TEST(Http1Limits, EndlessLinesAndEndlessWaitsForALineEndAreRefused) {
  for (const std::string& start : std::vector<std::string>{"", "GET /", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nX: ", "\r\n"}) {
    Http1Parser parser(Http1Limits{});
    if (!start.empty()) {
      ASSERT_TRUE(parser.take_head(start)) << start;
    }
    std::size_t fed = 0;
    while (parser.take_head("aaaaaaaaaaaaaaaa").ok()) {
      fed += 16;
      ASSERT_LE(fed, 16384U) << start;
    }
  }
}

}  // namespace
}  // namespace gatehouse::wire::http1
