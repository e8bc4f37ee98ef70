// wire/http1/parse_cases.h — for tests: requests of one odd thing each, and what the parser makes of them, however they are cut.
// Threads  pure functions
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/wire/http1/parser.h"

namespace gatehouse::wire::http1 {

struct Message {
  std::string method, target, path, query, body;
  int minor = 1;
  bool keep_alive = true;
};

struct Outcome {
  std::vector<Message> messages;
  std::string reason;  // of the error that ended it; empty when there is none
  Code code = Code::internal;
  bool clean_end = true;  // nothing half-read was left over
};

inline Outcome failed(Outcome outcome, const Error& error) {
  outcome.reason = error.reason();
  outcome.code = error.code();
  return outcome;
}

// Hands the input over in pieces of the given size.
inline Outcome parse(std::string_view input, std::size_t piece, const Http1Limits& limits = {}) {
  Outcome outcome;
  Http1Parser parser(limits);
  std::string body;
  std::string_view pending;
  while (!pending.empty() || !input.empty()) {
    if (pending.empty()) {
      pending = input.substr(0, piece);
      input.remove_prefix(pending.size());
    }
    if (!parser.head_done()) {
      auto taken = parser.take_head(pending);
      if (!taken) return failed(outcome, taken.error());
      pending.remove_prefix(*taken);
      if (!parser.head_done()) continue;
    }
    auto taken = parser.take_body(pending, &body);
    if (!taken) return failed(outcome, taken.error());
    pending.remove_prefix(*taken);
    if (!parser.body_done()) continue;
    const RequestHead& h = parser.head();
    outcome.messages.push_back(Message{std::string(to_string(h.method)), std::string(h.target), std::string(h.path), std::string(h.query),
                                       std::exchange(body, {}), h.minor, h.keep_alive});
    parser.next();
  }
  outcome.clean_end = !parser.head_started();
  return outcome;
}

// Whole, byte by byte and in sevens: one result.
inline Outcome parse_all_ways(const std::string& input) {
  Outcome whole = parse(input, input.size());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
    const Outcome cut = parse(input, piece);
    EXPECT_EQ(cut.reason, whole.reason) << "cut into pieces of " << piece;
    EXPECT_EQ(cut.messages.size(), whole.messages.size());
    EXPECT_EQ(cut.clean_end, whole.clean_end);
    for (std::size_t i = 0; i < std::min(cut.messages.size(), whole.messages.size()); ++i) {
      EXPECT_EQ(cut.messages[i].body, whole.messages[i].body);
      EXPECT_EQ(cut.messages[i].target, whole.messages[i].target);
    }
  }
  return whole;
}

inline std::string get(const std::string& fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }
inline std::string post(const std::string& fields, const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}
inline std::string chunked(const std::string& body) { return post("Transfer-Encoding: chunked\r\n", body); }
inline std::string line(const std::string& request_line) { return request_line + "\r\nHost: a\r\n\r\n"; }
inline std::string host(const std::string& value) { return "GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n"; }

struct Case {
  std::string input;
  Code code = Code::invalid_argument;
};

inline void expect_refused(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.input.substr(0, 200));
    const Outcome outcome = parse_all_ways(c.input);
    EXPECT_NE(outcome.reason, "");
    EXPECT_EQ(static_cast<int>(outcome.code), static_cast<int>(c.code));
    EXPECT_TRUE(outcome.messages.empty());
  }
}

inline void expect_accepted(const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    SCOPED_TRACE(input.substr(0, 200));
    const Outcome outcome = parse_all_ways(input);
    EXPECT_EQ(outcome.reason, "");
    EXPECT_EQ(outcome.messages.size(), 1U);
    EXPECT_TRUE(outcome.clean_end);
  }
}

// The bytes, in order, with which before + byte + after is one whole message.
inline std::string accepted_between(const std::string& before, const std::string& after) {
  std::string accepted;
  for (int c = 0; c < 256; ++c) {
    const Outcome outcome = parse_all_ways(before + static_cast<char>(c) + after);
    if (outcome.reason.empty() && outcome.messages.size() == 1 && outcome.clean_end) accepted += static_cast<char>(c);
  }
  return accepted;
}

// These bytes in the order of accepted_between, without doubles.
inline std::string bytes_of(std::string text) {
  std::sort(text.begin(), text.end(), [](unsigned char a, unsigned char b) { return a < b; });
  text.erase(std::unique(text.begin(), text.end()), text.end());
  return text;
}

inline std::string letters_and_digits() { return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"; }
inline std::string token_bytes() { return letters_and_digits() + "!#$%&'*+-.^_`|~"; }

// What may stand in a field value: HTAB, the printable, and obs-text.
inline std::string value_bytes() {
  std::string bytes = "\t";
  for (int c = 0x20; c < 256; ++c) {
    if (c != 0x7f) bytes += static_cast<char>(c);
  }
  return bytes;
}

}  // namespace gatehouse::wire::http1
