// The head of an answer, byte for byte.
#include "answer_head.h"

#include <gmock/gmock.h>

#include "gatehouse/base/assert.h"
#include "gatehouse/base/fake_clock.h"

namespace gatehouse::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string head(const Response& response, BodyForm form, After after) {
  std::string out;
  append_answer_head(out, response, form, after, "Server: s\r\n");
  return out;
}

TEST(AnswerHead, SaysHowTheBodyEnds) {
  Response response(200);
  response.body("text/plain", "12345678901");
  EXPECT_EQ(head(response, BodyForm::length, After::keep),
            "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\n");
  EXPECT_EQ(head(response, BodyForm::chunked, After::keep),
            "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(head(response, BodyForm::until_close, After::close),
            "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n");
}

TEST(Response, TellsTheFieldsThatItWasGiven) {
  Response response(200);
  EXPECT_FALSE(response.value_of("Content-Type"));
  response.body("text/html", "x").field("ETag", "\"a\"").lines("A: b\r\nC: d\r\n").field("E", "");
  EXPECT_EQ(response.value_of("Content-Type"), "text/html");
  EXPECT_EQ(response.value_of("ETag"), "\"a\"");
  EXPECT_EQ(response.value_of("A"), "b");
  EXPECT_EQ(response.value_of("C"), "d");
  EXPECT_EQ(response.value_of("E"), "");
  for (const std::string_view none : {"ETa", "ETag:", "Content", "b", ""}) EXPECT_FALSE(response.value_of(none)) << none;
}

TEST(Response, ItsBodyMayComeInACoding) {
  Response response(200);
  response.body("text/plain", "plain text").recode("gzip", "coded");
  EXPECT_EQ(head(response, BodyForm::length, After::keep),
            "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(response.body(), "coded");
}

TEST(AnswerHead, SaysWhatBecomesOfTheConnection) {
  const Response empty(200);
  EXPECT_EQ(head(empty, BodyForm::length, After::keep), "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(head(empty, BodyForm::length, After::close), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(head(empty, BodyForm::length, After::keep_on_http10), HasSubstr("\r\nConnection: keep-alive\r\n"));
}

TEST(AnswerHead, HasNoFramingWhereThereIsNoBody) {
  for (const int status : {204, 304}) {
    EXPECT_TRUE(has_no_body(status));
    for (const BodyForm form : {BodyForm::length, BodyForm::chunked}) {
      EXPECT_THAT(head(Response(status), form, After::keep), Not(HasSubstr("Content-Length"))) << status;
      EXPECT_THAT(head(Response(status), form, After::keep), Not(HasSubstr("Transfer-Encoding"))) << status;
    }
  }
  EXPECT_FALSE(has_no_body(200));
}

TEST(AnswerHead, NamesTheStatus) {
  const std::pair<int, const char*> known[] = {{200, "OK"},
                                               {201, "Created"},
                                               {400, "Bad Request"},
                                               {401, "Unauthorized"},
                                               {403, "Forbidden"},
                                               {404, "Not Found"},
                                               {405, "Method Not Allowed"},
                                               {408, "Request Timeout"},
                                               {413, "Content Too Large"},
                                               {414, "URI Too Long"},
                                               {417, "Expectation Failed"},
                                               {422, "Unprocessable Content"},
                                               {429, "Too Many Requests"},
                                               {431, "Request Header Fields Too Large"},
                                               {500, "Internal Server Error"},
                                               {501, "Not Implemented"},
                                               {503, "Service Unavailable"},
                                               {504, "Gateway Timeout"},
                                               {505, "HTTP Version Not Supported"},
                                               {529, "Overloaded"},
                                               {299, "Other"},
                                               {599, "Other"}};
  for (const auto& [status, phrase] : known) {
    EXPECT_THAT(head(Response(status), BodyForm::length, After::keep),
                StartsWith("HTTP/1.1 " + std::to_string(status) + " " + phrase + "\r\n"));
  }
}

TEST(AnswerHead, KeepsFieldsInTheirOrder) {
  Response response(200);
  response.field("X-B", "2").field("X-A", "").field("x!#$%&'*+-.^_`|~9", "caf\xc3\xa9\tok");
  EXPECT_EQ(response.extra_fields(), "X-B: 2\r\nX-A: \r\nx!#$%&'*+-.^_`|~9: caf\xc3\xa9\tok\r\n");
}

TEST(AnswerHead, HasLastLinesBehindAllOtherFields) {
  Response response(200);
  response.field("A", "1").last_lines("Y: 2\r\nZ: 3\r\n").field("B", "4");
  EXPECT_EQ(head(response, BodyForm::length, After::close),
            "HTTP/1.1 200 OK\r\nServer: s\r\nA: 1\r\nB: 4\r\nY: 2\r\nZ: 3\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

TEST(Response, RefusesFieldsThatWouldSplitTheHead) {
  Response response(200);
  for (const char* name : {"", "X A", "X:", "X\r\nY", "\xc3\xa9"}) EXPECT_THROW(response.field(name, "v"), BrokenInvariant) << name;
  for (const std::string_view value :
       {std::string_view("a\r\nB: c"), std::string_view("a\n"), std::string_view("\0", 1), std::string_view("\x7f")}) {
    EXPECT_THROW(response.field("X", value), BrokenInvariant);
  }
  EXPECT_THROW(response.body("text/plain\r\n", "x"), BrokenInvariant);
  EXPECT_EQ(response.extra_fields(), "");
}

TEST(Chunk, HasItsSizeInHex) {
  std::string out;
  append_chunk(out, "abc");
  append_chunk(out, std::string(255, 'x'));
  append_chunk(out, std::string(4096, 'y'));
  EXPECT_EQ(out, "3\r\nabc\r\nff\r\n" + std::string(255, 'x') + "\r\n1000\r\n" + std::string(4096, 'y') + "\r\n");
}

TEST(ServerAndDate, IsMadeAnewOnceASecond) {
  FakeClock clock;
  ServerAndDate date(clock);
  EXPECT_EQ(date.text(clock.now()), "Server: gatehouse\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n");
  clock.advance(milliseconds(700));
  const std::string_view same = date.text(clock.now());
  clock.advance(milliseconds(299));
  EXPECT_EQ(date.text(clock.now()).data(), same.data());
  EXPECT_THAT(std::string(same), HasSubstr("22:13:20"));
  clock.advance(milliseconds(1));
  EXPECT_EQ(date.text(clock.now()), "Server: gatehouse\r\nDate: Tue, 14 Nov 2023 22:13:21 GMT\r\n");
}

TEST(ServerAndDate, KnowsTheCalendar) {
  FakeClock clock;
  ServerAndDate date(clock);
  clock.advance(std::chrono::hours(24 * 107) + std::chrono::hours(1) + std::chrono::minutes(46) + seconds(39));
  EXPECT_EQ(date.text(clock.now()), "Server: gatehouse\r\nDate: Thu, 29 Feb 2024 23:59:59 GMT\r\n");
  clock.advance(seconds(1));
  EXPECT_EQ(date.text(clock.now()), "Server: gatehouse\r\nDate: Fri, 01 Mar 2024 00:00:00 GMT\r\n");
}

}  // namespace
}  // namespace gatehouse::net
