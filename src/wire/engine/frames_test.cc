#include "gatehouse/wire/engine/frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>

#include "engine/random_frames.h"

namespace gatehouse::wire::engine {
namespace {

Sender sender_of(const Body& body) { return type_by_index[body.index()] < Type::hello_back ? Sender::front : Sender::engine; }

std::string encoded(std::uint64_t job, const Body& body) {
  std::string out;
  encode(job, body, out);
  return out;
}

// All frames that are whole; the test fails on an error.
std::vector<Frame> drain(FrameReader& reader) {
  std::vector<Frame> frames;
  for (;;) {
    auto next = reader.next();
    if (!next) {
      ADD_FAILURE() << next.error().describe();
      return frames;
    }
    if (!next->has_value()) return frames;
    frames.push_back(std::move(**next));
  }
}

Result<std::optional<Frame>> read_one(Sender sender, std::string_view bytes) {
  FrameReader reader(sender);
  reader.append(bytes);
  return reader.next();
}

struct HeaderFields {
  std::uint32_t length;
  std::uint8_t type;
  std::uint16_t flags = 0;
  std::uint8_t version = protocol_version;
  std::uint64_t job = 7;
};
template <class T>
void put_raw(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i)));
}
std::string raw(HeaderFields h, std::string_view payload) {
  std::string out;
  put_raw(out, h.length);
  put_raw(out, h.type);
  put_raw(out, h.version);
  put_raw(out, h.flags);
  put_raw(out, h.job);
  return out.append(payload);
}
std::string raw(Type type, std::string_view payload, std::uint16_t flags = 0, std::uint64_t job = 7) {
  return raw({.length = static_cast<std::uint32_t>(payload.size()), .type = static_cast<std::uint8_t>(type), .flags = flags, .job = job},
             payload);
}

TEST(EngineFrames, LieAsTheDocumentSays) {
  const std::string expected("\x08\0\0\0\x03\x01\0\0\x08\x07\x06\x05\x04\x03\x02\x01\x40\0\0\0\x05\0\0\0", 24);
  EXPECT_EQ(encoded(0x0102030405060708, Start{64, 5}), expected);
}

TEST(EngineFrames, ComeBackAsTheyWere) {
  constexpr std::uint64_t seed = 20261122;
  SCOPED_TRACE(seed);
  RandomFrames dice(seed);
  for (int round = 0; round < 3200; ++round) {
    const Body body = dice.body(static_cast<std::size_t>(round) % type_by_index.size());
    const std::uint64_t job = std::holds_alternative<TokenBatch>(body) ? 0 : dice.u64();
    auto frame = read_one(sender_of(body), encoded(job, body));
    ASSERT_TRUE(frame.ok()) << frame.error().describe() << " round " << round;
    ASSERT_TRUE(frame->has_value());
    EXPECT_EQ((*frame)->job, job);
    EXPECT_TRUE((*frame)->body == body) << "round " << round;
  }
}

TEST(EngineFrames, DeliveryByteByByteEqualsDeliveryAtOnce) {
  constexpr std::uint64_t seed = 5;
  SCOPED_TRACE(seed);
  RandomFrames dice(seed);
  std::string bytes;
  std::vector<Body> bodies;
  for (std::size_t round = 0; round < 180; ++round) encode(round, bodies.emplace_back(dice.body(round % 9)), bytes);
  FrameReader whole(Sender::front), slow(Sender::front);
  whole.append(bytes);
  const std::vector<Frame> at_once = drain(whole);
  std::vector<Frame> piecewise;
  for (const char c : bytes) {
    slow.buffer().push_back(c);
    for (Frame& f : drain(slow)) piecewise.push_back(std::move(f));
  }
  ASSERT_EQ(at_once.size(), bodies.size());
  ASSERT_EQ(piecewise.size(), bodies.size());
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    EXPECT_TRUE(at_once[i].body == bodies[i] && at_once[i].job == i);
    EXPECT_TRUE(piecewise[i].body == bodies[i] && piecewise[i].job == i);
  }
  EXPECT_TRUE(whole.buffer().empty());
  EXPECT_TRUE(slow.buffer().empty());
}

Prepare long_prepare(std::size_t bytes) {
  Prepare p = RandomFrames(bytes).prepare();
  p.prompt.assign(bytes, 'x');
  for (std::size_t i = 0; i < bytes; i += 4096) p.prompt[i] = static_cast<char>('a' + (i / 4096) % 26);
  return p;
}

// The frames of an encoding, one string each.
std::vector<std::string> split(std::string_view bytes) {
  std::vector<std::string> frames;
  while (!bytes.empty()) {
    std::uint32_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    frames.emplace_back(bytes.substr(0, header_bytes + length));
    bytes.remove_prefix(header_bytes + length);
  }
  return frames;
}

TEST(EngineFrames, LongPreparesComeInPartsThatInterleave) {
  const Prepare a = long_prepare(10 * 1024 * 1024);
  const Prepare b = long_prepare(3 * 1024 * 1024);
  const auto parts_a = split(encoded(1, a));
  const auto parts_b = split(encoded(2, b));
  EXPECT_EQ(parts_a.size(), 11U);
  for (const auto& part : parts_a) EXPECT_LE(part.size(), header_bytes + max_payload);
  FrameReader reader(Sender::front);
  std::vector<Frame> frames;
  for (std::size_t i = 0; i < parts_a.size(); ++i) {
    reader.append(parts_a[i]);
    if (i < parts_b.size()) reader.append(parts_b[i]);
    encode(3, Grant{static_cast<std::uint32_t>(i)}, reader.buffer());
    for (Frame& f : drain(reader)) frames.push_back(std::move(f));
  }
  ASSERT_EQ(frames.size(), parts_a.size() + 2);
  std::erase_if(frames, [](const Frame& f) { return f.job == 3; });
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].job, 2U);
  EXPECT_TRUE(frames[0].body == Body(b));
  EXPECT_EQ(frames[1].job, 1U);
  EXPECT_TRUE(frames[1].body == Body(a));
}

TEST(EngineFrames, APrepareIsSplitOnlyWhereItMustBe) {
  const std::size_t rest = encoded(1, Prepare{}).size() - header_bytes;
  for (const std::size_t payload : {max_payload - 1, max_payload, max_payload + 1, 2 * max_payload, 2 * max_payload + 1}) {
    Prepare p;
    p.prompt.assign(payload - rest, 'p');
    const std::string bytes = encoded(1, p);
    EXPECT_EQ(split(bytes).size(), (payload + max_payload - 1) / max_payload);
    FrameReader reader(Sender::front);
    reader.append(bytes);
    const auto frames = drain(reader);
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_TRUE(frames[0].body == Body(p));
  }
}

TEST(EngineFrames, ALongTokenBatchBecomesSeveral) {
  TokenBatch batch;
  for (std::uint64_t i = 0; i < 40; ++i) batch.events.push_back({i, 1, false, true, std::string(100'000, 't')});
  FrameReader reader(Sender::engine);
  encode(0, batch, reader.buffer());
  TokenBatch together;
  const auto frames = drain(reader);
  EXPECT_GT(frames.size(), 3U);
  for (const Frame& f : frames) {
    const auto& events = std::get<TokenBatch>(f.body).events;
    together.events.insert(together.events.end(), events.begin(), events.end());
  }
  EXPECT_TRUE(together == batch);
}

TEST(EngineFrames, WhatFitsNoFrameIsNotHalfWritten) {
  std::string out = "before";
  EXPECT_THROW(encode(0, TokenBatch{{{1, 1, false, false, std::string(2 * max_payload, 't')}}}, out), BrokenInvariant);
  EXPECT_THROW(encode(1, Refused{"code", "", std::string(2 * max_payload, 't')}, out), BrokenInvariant);
  Prepare p;
  p.prompt.assign(max_assembled, 'p');
  EXPECT_THROW(encode(1, p, out), BrokenInvariant);
  EXPECT_EQ(out, "before");
}

TEST(EngineFrames, TruncationYieldsNothing) {
  RandomFrames dice(11);
  for (std::size_t index = 0; index < type_by_index.size() * 3; ++index) {
    const Body body = dice.body(index % type_by_index.size());
    const std::string bytes = encoded(0, body);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      // The stream ends early: more bytes are awaited.
      const auto cut = read_one(sender_of(body), std::string_view(bytes).substr(0, length));
      ASSERT_TRUE(cut.ok());
      EXPECT_FALSE(cut->has_value());
      // The payload ends early and says so: malformed, because every field is needed.
      if (length < header_bytes) continue;
      const auto shorter = read_one(
          sender_of(body), raw(type_by_index[body.index()], std::string_view(bytes).substr(header_bytes, length - header_bytes), 0, 0));
      ASSERT_FALSE(shorter.ok()) << "index " << index << " length " << length;
      EXPECT_EQ(shorter.error().reason(), "engine_frame_malformed");
      EXPECT_EQ(shorter.error().origin(), Origin::engine);
    }
  }
}

TEST(EngineFrames, ChangedBytesNeverHarm) {
  constexpr std::uint64_t seed = 77;
  SCOPED_TRACE(seed);
  RandomFrames dice(seed);
  for (std::size_t round = 0; round < 20'000; ++round) {
    const Body body = dice.body(round % type_by_index.size());
    std::string bytes = encoded(0, body);
    for (std::uint64_t i = dice.below(4) + 1; i > 0; --i) bytes[dice.below(bytes.size())] = static_cast<char>(dice.below(256));
    FrameReader reader(sender_of(body));
    reader.append(bytes);
    for (auto next = reader.next(); next && next->has_value(); next = reader.next()) {
    }
  }
}

std::string with_float(std::size_t at, float value) {
  std::string payload = encoded(7, Prepare{}).substr(header_bytes);
  std::memcpy(payload.data() + at, &value, sizeof value);
  return payload;
}

Prepare biased(float bias) {
  Prepare p;
  p.sampling.logit_bias.push_back({7, bias});
  return p;
}

TokenEvent scored_event(float sampled, float other) {
  TokenEvent event;
  event.scores.push_back({{"a", true, sampled}, {{"b", true, -1}, {"<c>", false, other}}});
  return event;
}

struct Malformed {
  const char* what;
  Sender sender;
  std::string bytes;
  const char* reason = "engine_frame_malformed";
};

std::vector<Malformed> malformed_frames() {
  using namespace std::string_literals;
  const auto front = Sender::front;
  const auto engine = Sender::engine;
  const std::string prepare = encoded(7, Prepare{}).substr(header_bytes);
  std::string bad_chat = prepare;
  bad_chat[0] = 2;
  std::string bad_seed = prepare;
  bad_seed[25] = 2;
  std::string many_biases = prepare;
  many_biases[26] = 3;
  std::string bad_logprobs = prepare;
  bad_logprobs[30] = 2;
  std::string many_stops = prepare;
  many_stops[43] = 3;
  std::string many_messages = prepare;
  many_messages.replace(47, 4, "\xFF\xFF\xFF\xFF");
  const std::string event = "\x01\0\0\0"s + std::string(12, '\0') + std::string(10, '\0');
  std::string many_scores = event;
  many_scores[22] = 1;
  std::string bad_flag = event;
  bad_flag[16] = 2;
  return {
      {"version 0", front, raw({.length = 0, .type = 6, .version = 0}, "")},
      {"version 2", front, raw({.length = 0, .type = 6, .version = 2}, "")},
      {"type 0", front, raw({.length = 0, .type = 0}, "")},
      {"type 10", front, raw({.length = 0, .type = 10}, "")},
      {"type 255", engine, raw({.length = 0, .type = 255}, "")},
      {"type 72", engine, raw({.length = 0, .type = 72}, "")},
      {"an engine's frame from the front", front, encoded(7, Waiting{})},
      {"a front's frame from the engine", engine, encoded(7, Cancel{})},
      {"a reserved flag", front, raw(Type::cancel, "", 2)},
      {"the highest flag", front, raw(Type::prepare, prepare, 0x8001)},
      {"parts of a load", front, raw(Type::load, "x", flag_more)},
      {"parts of tokens", engine, raw(Type::tokens, "x", flag_more, 0)},
      {"a payload that is too long", front, raw({.length = max_payload + 1, .type = 2}, ""), "engine_frame_too_large"},
      {"the longest length", engine, raw({.length = 0xFFFFFFFF, .type = 70}, ""), "engine_frame_too_large"},
      {"a byte after the last field", front, raw(Type::start, "\1\0\0\0\0"s)},
      {"a payload where none belongs", front, raw(Type::cancel, "\0"s)},
      {"an empty part", front, raw(Type::prepare, "", flag_more)},
      {"an unknown finish reason", front, raw(Type::finish, "\4"s)},
      {"an unknown model state", engine, raw(Type::state, "\4"s + encoded(0, State{}).substr(header_bytes + 1))},
      {"a chat that is 2", front, raw(Type::prepare, bad_chat)},
      {"a seed that is present twice", front, raw(Type::prepare, bad_seed)},
      {"more biases than bytes", front, raw(Type::prepare, many_biases)},
      {"a wish for logprobs that is 2", front, raw(Type::prepare, bad_logprobs)},
      {"more stops than bytes", front, raw(Type::prepare, many_stops)},
      {"more messages than bytes", front, raw(Type::prepare, many_messages)},
      {"a string longer than the payload", engine, raw(Type::hello_back, "\x05\0\0\0abcd"s)},
      {"a string of 4 GiB", engine, raw(Type::hello_back, "\xFF\xFF\xFF\xFF"s)},
      {"tokens of one job", engine, raw(Type::tokens, "\0\0\0\0"s, 0, 7)},
      {"more events than bytes", engine, raw(Type::tokens, "\x02"s + event.substr(1), 0, 0)},
      {"a flag of an event that is 2", engine, raw(Type::tokens, bad_flag, 0, 0)},
      {"more scores than bytes", engine, raw(Type::tokens, many_scores, 0, 0)},
  };
}

std::vector<Malformed> malformed_numbers() {
  constexpr auto inf = std::numeric_limits<float>::infinity();
  constexpr auto nan = std::numeric_limits<float>::quiet_NaN();
  const auto front = Sender::front;
  return {
      {"an infinite temperature", front, raw(Type::prepare, with_float(1, inf))},
      {"a temperature that is no number", front, raw(Type::prepare, with_float(1, nan))},
      {"a negative temperature", front, raw(Type::prepare, with_float(1, -0.5F))},
      {"an infinite top_p", front, raw(Type::prepare, with_float(5, -inf))},
      {"a min_p that is no number", front, raw(Type::prepare, with_float(9, nan))},
      {"an infinite frequency_penalty", front, raw(Type::prepare, with_float(17, inf))},
      {"a presence_penalty that is no number", front, raw(Type::prepare, with_float(21, nan))},
      {"a bias that is no number", front, encoded(7, biased(nan))},
      {"an infinite bias", front, encoded(7, biased(-inf))},
      {"a logprob that is no number", Sender::engine, encoded(0, TokenBatch{{scored_event(nan, -1)}})},
      {"an infinite logprob of another token", Sender::engine, encoded(0, TokenBatch{{scored_event(-1, -inf)}})},
  };
}

TEST(EngineFrames, MalformedOnesAreRefusedForGood) {
  std::vector<Malformed> table = malformed_frames();
  std::ranges::move(malformed_numbers(), std::back_inserter(table));
  for (const Malformed& m : table) {
    SCOPED_TRACE(m.what);
    FrameReader reader(m.sender);
    reader.append(m.bytes);
    const auto first = reader.next();
    ASSERT_FALSE(first.ok());
    EXPECT_EQ(first.error().reason(), m.reason);
    EXPECT_EQ(first.error().origin(), Origin::engine);
    // What follows a broken frame is not believed either.
    encode(m.sender == Sender::front ? 7 : 0, m.sender == Sender::front ? Body(Cancel{}) : Body(TokenBatch{}), reader.buffer());
    EXPECT_FALSE(reader.next().ok());
  }
}

TEST(EngineFrames, TheTableOfMalformedFramesBreaksOneThingEach) {
  EXPECT_TRUE(read_one(Sender::front, encoded(7, Prepare{})).ok());
  EXPECT_TRUE(read_one(Sender::front, raw(Type::prepare, with_float(1, -0.0F))).ok());
  EXPECT_TRUE(read_one(Sender::front, raw(Type::prepare, with_float(17, -2.0F))).ok());
  EXPECT_TRUE(read_one(Sender::front, encoded(7, biased(-100))).ok());
  EXPECT_TRUE(read_one(Sender::engine, encoded(0, TokenBatch{{TokenEvent{}}})).ok());
  EXPECT_TRUE(read_one(Sender::engine, encoded(0, TokenBatch{{scored_event(-1, -9999)}})).ok());
  EXPECT_TRUE(read_one(Sender::engine, encoded(0, State{})).ok());
}

TEST(EngineFrames, UnfinishedPreparesAreBounded) {
  FrameReader reader(Sender::front);
  for (std::uint64_t job = 0; job < 64; ++job) reader.append(raw(Type::prepare, "x", flag_more, job));
  EXPECT_TRUE(drain(reader).empty());
  reader.append(raw(Type::prepare, "y", flag_more, 5));  // goes on with one of them
  EXPECT_TRUE(drain(reader).empty());
  reader.append(raw(Type::prepare, "x", flag_more, 64));
  EXPECT_FALSE(reader.next().ok());
}

TEST(EngineFrames, UnfinishedBytesAreBounded) {
  FrameReader reader(Sender::front);
  const std::string part(max_payload, 'x');
  for (std::uint64_t i = 0; i < max_assembled / max_payload; ++i) {
    reader.append(raw(Type::prepare, part, flag_more, i % 3));
    EXPECT_TRUE(drain(reader).empty());
  }
  reader.append(raw(Type::prepare, "x", 0, 1));
  const auto refused = reader.next();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason(), "engine_frame_too_large");
}

TEST(EngineFrames, AFinishedPrepareGivesItsRoomBack) {
  const std::string bytes = encoded(1, long_prepare(max_assembled / 2 - 4096));
  FrameReader reader(Sender::front);
  for (int i = 0; i < 4; ++i) {
    reader.append(bytes);
    EXPECT_EQ(drain(reader).size(), 1U);
  }
}

}  // namespace
}  // namespace gatehouse::wire::engine
