// Replies of one odd thing each, and what the parser makes of them, however they are cut.
#include "gatehouse/wire/http1/reply.h"

#include <gmock/gmock.h>

namespace gatehouse::wire::http1 {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

struct Read {
  std::string outcome;  // "ok", "incomplete", or the reason of the error
  HttpReply reply;
  std::size_t taken = 0;
};

enum class End { open, closed };

Read read_in_pieces(std::string_view bytes, std::size_t piece, End end, Method asked, const HttpReplyLimits& limits) {
  Read read;
  HttpReplyParser parser(asked, limits);
  while (read.taken < bytes.size() && !parser.done()) {
    const Result<std::size_t> taken = parser.take(bytes.substr(read.taken, piece));
    if (!taken) return read.outcome = taken.error().reason(), read;
    read.taken += *taken;
  }
  if (end == End::closed) {
    const Status finished = parser.finish();
    if (!finished) return read.outcome = finished.error().reason(), read;
  }
  read.outcome = parser.done() ? "ok" : "incomplete";
  if (parser.done()) read.reply = parser.take_reply();
  return read;
}

Read read(std::string_view bytes, End end = End::closed, Method asked = Method::get, const HttpReplyLimits& limits = {}) {
  const Read whole = read_in_pieces(bytes, bytes.size(), end, asked, limits);
  for (const std::size_t piece : {1, 2, 7}) {
    const Read cut = read_in_pieces(bytes, piece, end, asked, limits);
    EXPECT_EQ(cut.outcome, whole.outcome) << bytes;
    EXPECT_EQ(cut.reply.body, whole.reply.body) << bytes;
    EXPECT_EQ(cut.reply.fields, whole.reply.fields) << bytes;
    EXPECT_TRUE(whole.outcome != "ok" || cut.taken == whole.taken) << bytes;
  }
  return whole;
}

std::string outcome(std::string_view bytes) { return read(bytes).outcome; }
std::string with_fields(std::string_view fields, std::string_view body = "") {
  return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

TEST(HttpReplyParser, ReadsStatusFieldsAndBody) {
  const Read found = read("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nX-Y:  a b \t\r\nEmpty:\r\n\r\nhello", End::open);
  EXPECT_EQ(found.outcome, "ok");
  EXPECT_EQ(found.reply.status, 404);
  EXPECT_EQ(found.reply.body, "hello");
  EXPECT_THAT(found.reply.fields, ElementsAre(Pair("Content-Length", "5"), Pair("X-Y", "a b"), Pair("Empty", "")));
  EXPECT_EQ(found.reply.field("x-y"), "a b");
  EXPECT_EQ(found.reply.field("x-z"), std::nullopt);
}

TEST(HttpReplyParser, TakesNothingBehindTheReply) {
  const std::string reply = with_fields("Content-Length: 2\r\n", "ok");
  EXPECT_EQ(read(reply + "HTTP/1.1 500 ", End::open).taken, reply.size());
  const std::string chunked = with_fields("Transfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n");
  EXPECT_EQ(read(chunked + "more", End::open).taken, chunked.size());
}

TEST(HttpReplyParser, ReadsChunksAndDropsTrailers) {
  const Read found = read(with_fields("Transfer-Encoding: chunked\r\n", "3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n"), End::open);
  EXPECT_EQ(found.outcome, "ok");
  EXPECT_EQ(found.reply.body, "abcde");
  EXPECT_EQ(found.reply.fields.size(), 1U);
}

TEST(HttpReplyParser, ReadsToTheEndOfTheConnectionWhereNothingElseIsSaid) {
  EXPECT_EQ(read(with_fields("", "all of it")).reply.body, "all of it");
  EXPECT_EQ(read("HTTP/1.0 200 OK\r\n\r\nold").reply.body, "old");
  EXPECT_EQ(read(with_fields("", "all of it"), End::open).outcome, "incomplete");
}

TEST(HttpReplyParser, KnowsRepliesWithoutABody) {
  EXPECT_EQ(read("HTTP/1.1 204 No Content\r\n\r\n", End::open).outcome, "ok");
  EXPECT_EQ(read("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", End::open).outcome, "ok");
  EXPECT_EQ(read(with_fields("Content-Length: 0\r\n"), End::open).outcome, "ok");
  EXPECT_EQ(read(with_fields("Content-Length: 5\r\n"), End::open, Method::head).outcome, "ok");
  EXPECT_EQ(read(with_fields("Transfer-Encoding: chunked\r\n"), End::open, Method::head).outcome, "ok");
}

TEST(HttpReplyParser, PassesOverInterimReplies) {
  std::string bytes =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + with_fields("Content-Length: 2\r\n", "ok");
  const Read found = read(bytes, End::open);
  EXPECT_EQ(found.reply.status, 200);
  EXPECT_EQ(found.reply.body, "ok");
  EXPECT_EQ(found.reply.fields.size(), 1U);
  for (int i = 0; i < 8; ++i) bytes.insert(0, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(outcome(bytes), "reply_malformed");
  EXPECT_EQ(outcome("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), "reply_malformed");
}

TEST(HttpReplyParser, RefusesWhatIsNoStatusLine) {
  for (const char* line : {"", "HTTP/1.1 200", "HTTP/1.1  200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 099 No",
                           "HTTP/1.1 600 No", "HTTP/2.0 200 OK", "HTTP/1.2 200 OK", "http/1.1 200 OK", "HTTP/1.1\t200 OK",
                           "HTTP/1.1 +20 OK", " HTTP/1.1 200 OK", "ICY 200 OK", "SSH-2.0-OpenSSH_9.2", "\x16\x03\x01", "{\"keys\":[]}"}) {
    EXPECT_EQ(outcome(std::string(line) + "\r\nContent-Length: 0\r\n\r\n"), "reply_malformed") << line;
  }
  EXPECT_EQ(outcome("\r\n" + with_fields("Content-Length: 0\r\n")), "reply_malformed");
  EXPECT_EQ(outcome("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"), "ok");
}

TEST(HttpReplyParser, RefusesWhatIsNoField) {
  for (const char* line :
       {"nothing", ": x", "A : x", "A B: x", "A\t: x", " folded", "\tfolded", "A: a\x01", "A: a\x7f", "\xc3\xa4: x", "A: x\n", "A: \rx"}) {
    EXPECT_EQ(outcome(with_fields("Content-Length: 0\r\n" + std::string(line) + "\r\n")), "reply_malformed") << line;
  }
  EXPECT_EQ(outcome(with_fields("Content-Length: 0\r\nA: \xc3\xa4\r\n")), "ok");
  EXPECT_EQ(outcome("HTTP/1.1 200 OK\nContent-Length: 0\n\n"), "reply_malformed");
}

TEST(HttpReplyParser, RefusesTwoWaysToFindTheEnd) {
  for (const char* fields :
       {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: 1, 1\r\n",
        "Content-Length: -1\r\n", "Content-Length: +1\r\n", "Content-Length: 0x1\r\n", "Content-Length:\r\n",
        "Content-Length: 18446744073709551617\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Content_Length: 1\r\n"}) {
    EXPECT_EQ(outcome(with_fields(fields, "1\r\na\r\n0\r\n\r\n")), "reply_malformed") << fields;
  }
  EXPECT_EQ(outcome("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "reply_malformed");
}

TEST(HttpReplyParser, RefusesBrokenChunks) {
  for (const char* body :
       {"x\r\n", "\r\n", "1\r\nab\r\n", "1\na\r\n", "11111111111111111\r\n", "0\r\nContent-Length: 1\r\n\r\n", "1;\x01\r\n"}) {
    EXPECT_EQ(outcome(with_fields("Transfer-Encoding: chunked\r\n", body)), "reply_malformed") << body;
  }
}

TEST(HttpReplyParser, RefusesAnEndThatComesTooEarly) {
  for (const std::string& bytes :
       {std::string(), std::string("HTTP/1."), std::string("HTTP/1.1 200 OK\r\n"), with_fields("Content-Length: 5\r\n", "four"),
        with_fields("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"), std::string("HTTP/1.1 100 Continue\r\n\r\n")}) {
    EXPECT_EQ(outcome(bytes), "reply_malformed") << bytes;
  }
}

TEST(HttpReplyParser, KeepsToItsLimits) {
  const HttpReplyLimits limits(4);
  const auto limited = [&limits](std::string_view bytes) { return read(bytes, End::closed, Method::get, limits).outcome; };
  EXPECT_EQ(limited(with_fields("Content-Length: 4\r\n", "four")), "ok");
  EXPECT_EQ(limited(with_fields("Content-Length: 5\r\n", "fifth")), "reply_too_large");
  EXPECT_EQ(limited(with_fields("Transfer-Encoding: chunked\r\n", "4\r\nfour\r\n0\r\n\r\n")), "ok");
  EXPECT_EQ(limited(with_fields("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")), "reply_too_large");
  EXPECT_EQ(limited(with_fields("", "four")), "ok");
  EXPECT_EQ(limited(with_fields("", "fifth")), "reply_too_large");
  EXPECT_EQ(outcome(with_fields("A: " + std::string(40'000, 'a') + "\r\n")), "reply_too_large");
  EXPECT_EQ(outcome("HTTP/1.1 200 " + std::string(10'000, 'a') + "\r\n\r\n"), "reply_too_large");
  std::string many;
  for (int i = 0; i < 101; ++i) many += "A: b\r\n";
  EXPECT_EQ(outcome(with_fields(many)), "reply_too_large");
}

TEST(HttpReplyParser, SaysWhetherAnythingHasCome) {
  HttpReplyParser parser(Method::get, {});
  EXPECT_FALSE(parser.started());
  ASSERT_TRUE(parser.take("H"));
  EXPECT_TRUE(parser.started());
  EXPECT_FALSE(parser.done());
}

}  // namespace
}  // namespace gatehouse::wire::http1
