#include "frame_socket.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "gatehouse/base/fake_clock.h"
#include "test_peer.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;
using testing::ElementsAre;

w::Prepare prompt_of(std::size_t bytes) {
  w::Prepare prepare;
  prepare.chat = false;
  prepare.prompt.assign(bytes, 'x');
  return prepare;
}

// One FrameSocket and what it was told.
struct End {
  End(Reactor& reactor, Fd fd, w::Sender peer) : socket(std::make_shared<FrameSocket>(reactor, std::move(fd), peer)) {
    socket->start(FrameSocket::Callbacks{[this](w::Frame&& frame, Fd&& file) {
                                           frames.push_back(std::move(frame));
                                           files.push_back(std::move(file));
                                           return on_frame ? on_frame() : ok();
                                         },
                                         [this](const Error& why) { closed.emplace_back(why.reason()); }});
  }
  ~End() {
    if (socket) socket->close();
  }
  std::shared_ptr<FrameSocket> socket;
  std::vector<w::Frame> frames;
  std::vector<Fd> files;
  std::vector<std::string> closed;
  std::function<Status()> on_frame;
};

class FrameSocketTest : public testing::Test {
 protected:
  FrameSocketTest() : FrameSocketTest(test_socket_pair()) {}
  explicit FrameSocketTest(std::pair<Fd, Fd> pair) : front_fd(std::move(pair.first)), engine_fd(std::move(pair.second)) {}
  End front() { return {reactor, std::move(front_fd), w::Sender::engine}; }
  End engine() { return {reactor, std::move(engine_fd), w::Sender::front}; }
  // Plays the engine to a front, or the front to an engine.
  TestPeer engine_peer() { return {std::move(engine_fd), w::Sender::front}; }
  TestPeer front_peer() { return {std::move(front_fd), w::Sender::engine}; }

  FakeClock clock;
  Reactor reactor{0, clock};
  Fd front_fd, engine_fd;
};

TEST_F(FrameSocketTest, CarriesFramesBothWays) {
  End f = front(), e = engine();
  EXPECT_TRUE(f.socket->send(7, prompt_of(10)));
  EXPECT_TRUE(f.socket->send(7, w::Start{64}));
  EXPECT_TRUE(e.socket->send(7, w::Prepared{10, 4096}));
  settle(reactor);
  ASSERT_EQ(e.frames.size(), 2U);
  EXPECT_EQ(e.frames[0].job, 7U);
  EXPECT_EQ(std::get<w::Prepare>(e.frames[0].body), prompt_of(10));
  EXPECT_EQ(std::get<w::Start>(e.frames[1].body), w::Start{64});
  ASSERT_EQ(f.frames.size(), 1U);
  EXPECT_EQ(std::get<w::Prepared>(f.frames[0].body), (w::Prepared{10, 4096}));
}

TEST_F(FrameSocketTest, LongPromptsComeInPartsAndInOrder) {
  End f = front(), e = engine();
  for (const std::size_t bytes : {std::size_t{3} * 1024 * 1024, std::size_t{1}, w::max_payload, w::max_payload * 5 + 17}) {
    EXPECT_TRUE(f.socket->send(bytes, prompt_of(bytes)));
  }
  settle(reactor);
  ASSERT_EQ(e.frames.size(), 4U);
  for (const w::Frame& frame : e.frames) EXPECT_EQ(std::get<w::Prepare>(frame.body).prompt.size(), frame.job);
}

TEST_F(FrameSocketTest, WhatAPeerDoesNotTakeNowItGetsLater) {
  End f = front();
  TestPeer peer = engine_peer();
  constexpr int count = 16;
  for (int i = 0; i < count; ++i) ASSERT_TRUE(f.socket->send(static_cast<std::uint64_t>(i), prompt_of(1'000'000)));
  ASSERT_TRUE(f.socket->send(99, w::Cancel{}));
  std::vector<std::uint64_t> seen;
  while (seen.size() < count + 1) {
    settle(reactor);
    while (const auto frame = peer.poll()) seen.push_back(frame->job);
  }
  for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(seen[i], i);
  EXPECT_EQ(seen.back(), 99U);
  EXPECT_TRUE(f.closed.empty());
}

TEST_F(FrameSocketTest, APeerThatDoesNotReadIsGivenUpAtTheBound) {
  End f = front();
  TestPeer peer = engine_peer();
  const w::Prepare prompt = prompt_of(1024 * 1024);
  std::size_t taken = 0;
  while (f.socket->send(1, prompt)) ++taken;
  EXPECT_GE(taken, FrameSocket::pending_bound / (1024 * 1024 + 100));
  EXPECT_LE(taken, FrameSocket::pending_bound / (1024 * 1024) + 4);
  EXPECT_FALSE(f.socket->send(1, w::Cancel{}));
  EXPECT_TRUE(f.closed.empty()) << "told on the reactor, not within send()";
  settle(reactor);
  EXPECT_THAT(f.closed, ElementsAre("engine_not_reading"));
}

TEST_F(FrameSocketTest, WhoMayWaitSendsWhatAPeerHasNotReadYetOnlyLater) {
  End e = engine();
  TestPeer peer = front_peer();
  constexpr std::size_t large = FrameSocket::pending_bound - std::size_t{1024} * 1024;
  w::Inferred answer;
  wire::Tensor& tensor = answer.outputs.emplace_back();
  tensor.datatype = wire::Datatype::int8;
  tensor.shape = {static_cast<std::int64_t>(large)};
  tensor.bytes.assign(large, 'x');
  std::thread computing([&] {
    for (std::uint64_t job = 1; job <= 3; ++job) {
      e.socket->wait_for_reader();
      EXPECT_TRUE(e.socket->send(job, answer));
    }
  });
  for (std::uint64_t job = 1; job <= 3;) {
    settle(reactor);
    const auto frame = peer.poll();
    if (!frame) continue;
    EXPECT_EQ(frame->job, job++);
  }
  computing.join();
  EXPECT_TRUE(e.closed.empty());
}

TEST_F(FrameSocketTest, WhoWaitsForAReaderIsWokenByTheEnd) {
  End e = engine();
  TestPeer peer = front_peer();
  ASSERT_TRUE(e.socket->send(1, w::Prepared{}));
  const std::string detail(1024UL * 1000, 'x');
  for (int i = 0; i < 3; ++i) {
    w::State state;
    state.detail = detail;
    ASSERT_TRUE(e.socket->send(0, state));
  }
  std::thread waiting([&] { e.socket->wait_for_reader(); });
  e.socket->close();
  waiting.join();
}

TEST_F(FrameSocketTest, ClosedIsToldOnceWhenThePeerHangsUp) {
  End f = front();
  TestPeer peer = engine_peer();
  EXPECT_TRUE(peer.send(3, w::Prepared{}));
  peer.hang_up();
  settle(reactor);
  EXPECT_EQ(f.frames.size(), 1U) << "what came before the end is handed over";
  EXPECT_THAT(f.closed, ElementsAre("engine_gone"));
  EXPECT_FALSE(f.socket->send(3, w::Cancel{}));
  settle(reactor);
  EXPECT_EQ(f.closed.size(), 1U);
}

TEST_F(FrameSocketTest, HalfAFrameBeforeTheEndIsNoFrame) {
  End f = front();
  TestPeer peer = engine_peer();
  std::string bytes;
  w::encode(3, w::Prepared{}, bytes);
  bytes.pop_back();
  EXPECT_TRUE(peer.send_bytes(bytes));
  peer.hang_up();
  settle(reactor);
  EXPECT_TRUE(f.frames.empty());
  EXPECT_THAT(f.closed, ElementsAre("engine_gone"));
}

TEST_F(FrameSocketTest, APeerThatStopsReadingAltogetherIsNoticedByTheSender) {
  End f = front();
  TestPeer peer = engine_peer();
  ASSERT_EQ(shutdown(peer.fd(), SHUT_RD), 0);
  f.socket->send(1, w::Cancel{});
  settle(reactor);
  EXPECT_THAT(f.closed, ElementsAre("engine_gone"));
}

TEST_F(FrameSocketTest, BytesThatAreNoFrameCloseIt) {
  End f = front();
  TestPeer peer = engine_peer();
  EXPECT_TRUE(peer.send(3, w::Prepared{}));
  EXPECT_TRUE(peer.send_bytes("GET / HTTP/1.1\r\nHost: nowhere\r\n\r\n"));
  settle(reactor);
  EXPECT_EQ(f.frames.size(), 1U);
  EXPECT_THAT(f.closed, ElementsAre("engine_frame_malformed"));
  EXPECT_TRUE(peer.at_end());
}

TEST_F(FrameSocketTest, FramesOfTheWrongSideCloseIt) {
  End f = front();
  TestPeer peer = engine_peer();
  EXPECT_TRUE(peer.send(3, w::Start{1}));
  settle(reactor);
  EXPECT_THAT(f.closed, ElementsAre("engine_frame_malformed"));
}

TEST_F(FrameSocketTest, WhoeverTakesFramesMayCloseIt) {
  End f = front();
  TestPeer peer = engine_peer();
  f.on_frame = [] { return Status(internal_error("engine_protocol_broken", "test")); };
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(peer.send(3, w::Prepared{}));
  settle(reactor);
  EXPECT_EQ(f.frames.size(), 1U) << "nothing behind the frame that was refused";
  EXPECT_THAT(f.closed, ElementsAre("engine_protocol_broken"));
}

TEST_F(FrameSocketTest, ClosingItOneselfIsNotTold) {
  End f = front();
  TestPeer peer = engine_peer();
  f.on_frame = [&f] {
    f.socket->close();
    return ok();
  };
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(peer.send(3, w::Prepared{}));
  settle(reactor);
  EXPECT_EQ(f.frames.size(), 1U);
  EXPECT_TRUE(f.closed.empty());
  EXPECT_FALSE(f.socket->send(1, w::Cancel{}));
  EXPECT_TRUE(peer.at_end());
}

TEST_F(FrameSocketTest, MayBeLetGoOfInItsOwnCallback) {
  auto socket = std::make_shared<FrameSocket>(reactor, std::move(front_fd), w::Sender::engine);
  TestPeer peer = engine_peer();
  int told = 0;
  socket->start(FrameSocket::Callbacks{[&](w::Frame&&, Fd&&) {
                                         socket.reset();
                                         return ok();
                                       },
                                       [&](const Error&) { ++told; }});
  EXPECT_TRUE(peer.send(3, w::Prepared{}));
  EXPECT_TRUE(peer.send(3, w::Prepared{}));
  settle(reactor);
  peer.hang_up();
  settle(reactor);
  EXPECT_EQ(told, 1);
}

TEST_F(FrameSocketTest, ThreadsMaySendAtOnce) {
  End f = front(), e = engine();
  constexpr std::uint64_t count = 5000;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 3; ++t) {
    threads.emplace_back([&e, t] {
      w::Done done;
      done.error.assign(100, 'e');
      for (std::uint64_t i = 0; i < count; ++i) EXPECT_TRUE(e.socket->send(t * count + i, done));
    });
  }
  while (f.frames.size() < 3 * count && f.closed.empty()) reactor.context().run_one();
  for (std::thread& thread : threads) thread.join();
  std::uint64_t next[3] = {0, 0, 0};
  for (const w::Frame& frame : f.frames) EXPECT_EQ(frame.job % count, next[frame.job / count]++) << "each thread's frames keep their order";
  EXPECT_TRUE(f.closed.empty());
}

// ---- Descriptors ----

struct Pipe {
  Pipe() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    read = Fd(ends[0]);
    write = Fd(ends[1]);
  }
  // True when nobody holds the writing end any more.
  bool abandoned() {
    write.reset();
    char byte;
    return ::read(read.get(), &byte, 1) == 0;
  }
  Fd read, write;
};

TEST_F(FrameSocketTest, AModelFileGoesFromFrontToEngine) {
  End f = front(), e = engine();
  Pipe pipe;
  struct stat sent{}, got{};
  ASSERT_EQ(fstat(pipe.write.get(), &sent), 0);
  EXPECT_TRUE(f.socket->send_with(0, w::Load{}, pipe.write));
  EXPECT_TRUE(f.socket->send(0, w::Stats{}));
  settle(reactor);
  ASSERT_EQ(e.frames.size(), 2U);
  ASSERT_TRUE(e.files[0]);
  EXPECT_FALSE(e.files[1]);
  ASSERT_EQ(fstat(e.files[0].get(), &got), 0);
  EXPECT_EQ(sent.st_ino, got.st_ino);
  EXPECT_EQ(fcntl(e.files[0].get(), F_GETFD), FD_CLOEXEC);
  e.files.clear();
  EXPECT_TRUE(pipe.abandoned());
}

TEST_F(FrameSocketTest, ADescriptorIsNotSentBehindWhatStillWaits) {
  End f = front();
  TestPeer peer = engine_peer();
  Pipe pipe;
  while (f.socket->send(1, prompt_of(900'000)) && f.socket->send_with(0, w::Load{}, pipe.write)) {
  }
  EXPECT_TRUE(f.socket->send(1, w::Cancel{})) << "refused, but not broken";
}

TEST_F(FrameSocketTest, AnEngineCannotGiveTheFrontDescriptors) {
  End f = front();
  TestPeer peer = engine_peer();
  Pipe pipe;
  std::string bytes;
  w::encode(3, w::Prepared{}, bytes);
  EXPECT_TRUE(peer.send_with(bytes, pipe.write.get()));
  settle(reactor);
  EXPECT_EQ(f.frames.size(), 1U) << "its bytes count, what it passes beside them is dropped by the kernel";
  EXPECT_THAT(f.closed, testing::IsEmpty());
  EXPECT_TRUE(pipe.abandoned());
}

TEST_F(FrameSocketTest, DescriptorsThatNobodyAskedForCloseTheEngineToo) {
  End e = engine();
  TestPeer peer = front_peer();
  Pipe pipe;
  std::string bytes;
  w::encode(0, w::Load{}, bytes);
  EXPECT_TRUE(peer.send_with(bytes, pipe.write.get(), 3));
  settle(reactor);
  EXPECT_TRUE(e.frames.empty());
  EXPECT_THAT(e.closed, ElementsAre("engine_descriptor_unwanted"));
  e.socket.reset();
  settle(reactor);
  EXPECT_TRUE(pipe.abandoned());
}

}  // namespace
}  // namespace gatehouse::adapters
