#include "engine_link.h"

#include <gtest/gtest.h>

#include "gatehouse/base/fake_clock.h"
#include "test_peer.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;

w::TokenBatch tokens_for(std::uint64_t job, std::uint32_t count) {
  w::TokenEvent event;
  event.job = job;
  event.count = count;
  event.text = std::string(count, 'x');
  w::TokenBatch batch;
  batch.events.push_back(event);
  return batch;
}

// A link, and an engine that the test plays.
class EngineLinkTest : public testing::Test {
 protected:
  EngineLinkTest() : EngineLinkTest(test_socket_pair()) {}
  explicit EngineLinkTest(std::pair<Fd, Fd> pair) : engine(std::move(pair.second), w::Sender::front), fd(std::move(pair.first)) {}
  ~EngineLinkTest() override {
    if (link) link->detach();
    settle(reactor);
  }

  void ready() {
    link->attach(std::move(fd), 5);
    link->set_ready(5);
    EXPECT_EQ(engine.expect<w::Hello>().link, 3U);
  }
  std::unique_ptr<engine::Job> prepared() {
    auto job = link->prepare(w::Prepare());
    EXPECT_TRUE(job.ok());
    engine.expect<w::Prepare>();
    tell((*job)->id().value(), w::Prepared{});
    EXPECT_TRUE((*job)->take().prepared.has_value());
    return std::move(*job);
  }
  std::unique_ptr<engine::Job> started(std::uint32_t grant) {
    auto job = prepared();
    job->start(Tokens(grant));
    engine.expect<w::Start>();
    return job;
  }
  void tell(std::uint64_t job, const w::Body& body) {
    EXPECT_TRUE(engine.send(job, body));
    settle(reactor);
  }
  void expect_broken(std::string_view reason) {
    EXPECT_EQ(breaks, 1);
    EXPECT_EQ(broken_child, 5U);
    EXPECT_EQ(broken_reason, reason);
    EXPECT_EQ(link->prepare(w::Prepare()).error().reason(), "model_loading");
    while (engine.poll()) {
    }
    EXPECT_TRUE(engine.at_end());
  }

  FakeClock clock;
  Reactor reactor{3, clock};
  int breaks = 0;
  std::uint64_t broken_child = 0;
  std::string broken_reason;
  EngineLink::Callbacks callbacks() {
    EngineLink::Callbacks made;
    made.broken = [this](std::uint64_t child, const Error& why) {
      ++breaks;
      broken_child = child;
      broken_reason = why.reason();
    };
    made.emptied = [this](std::uint64_t child) { emptied.push_back(child); };
    return made;
  }
  std::vector<std::uint64_t> emptied;
  std::shared_ptr<EngineLink> link = std::make_shared<EngineLink>(reactor, callbacks());
  TestPeer engine;
  Fd fd;
};

TEST_F(EngineLinkTest, CarriesAJobFromPrepareToDone) {
  ready();
  auto job = started(10);
  tell(0, tokens_for(1, 4));
  w::Done done;
  done.completion_tokens = 4;
  tell(1, done);
  const engine::JobNews news = job->take();
  EXPECT_EQ(news.choices.at(0).text, "xxxx");
  EXPECT_TRUE(news.done.has_value());
  job.reset();
  EXPECT_FALSE(engine.poll()) << "a job that is done is not cancelled";
  EXPECT_EQ(breaks, 0);
}

TEST_F(EngineLinkTest, NothingIsPreparedBeforeTheModelIsReady) {
  EXPECT_EQ(link->prepare(w::Prepare()).error().reason(), "model_loading");
  EXPECT_TRUE(link->prepare(w::Prepare()).error().retry().wait().has_value());
  link->attach(std::move(fd), 5);
  EXPECT_EQ(link->prepare(w::Prepare()).error().reason(), "model_loading");
  link->set_ready(5);
  EXPECT_TRUE(link->prepare(w::Prepare()).ok());
}

TEST_F(EngineLinkTest, ReadyWithoutASocketIsNotReady) {
  link->set_ready(5);
  EXPECT_EQ(link->prepare(w::Prepare()).error().reason(), "model_loading");
}

TEST_F(EngineLinkTest, TokensBeyondTheGrantBreakIt) {
  ready();
  auto greedy = started(3);
  auto other = prepared();
  tell(0, tokens_for(1, 4));
  expect_broken("engine_protocol_broken");
  EXPECT_EQ(greedy->produced(), 0U);
  EXPECT_TRUE(greedy->take().lost);
  EXPECT_TRUE(other->take().lost) << "the others of that engine go with it";
}

TEST_F(EngineLinkTest, TokensForAForeignJobBreakIt) {
  ready();
  auto job = started(3);
  tell(0, tokens_for(2, 1));
  expect_broken("engine_protocol_broken");
}

TEST_F(EngineLinkTest, AFrameForAForeignJobBreaksIt) {
  ready();
  auto job = prepared();
  tell(77, w::Waiting{});
  expect_broken("engine_protocol_broken");
}

TEST_F(EngineLinkTest, DoneTwiceBreaksIt) {
  ready();
  auto job = prepared();
  tell(1, w::Done{});
  EXPECT_EQ(breaks, 0);
  tell(1, w::Done{});
  expect_broken("engine_protocol_broken");
}

TEST_F(EngineLinkTest, FramesOutOfOrderBreakIt) {
  ready();
  auto job = prepared();
  tell(0, tokens_for(1, 1));
  expect_broken("engine_protocol_broken");
}

TEST_F(EngineLinkTest, BytesThatAreNoFrameBreakIt) {
  ready();
  auto job = started(3);
  EXPECT_TRUE(engine.send_bytes(std::string(64, '\xFF')));
  settle(reactor);
  expect_broken("engine_frame_malformed");
  EXPECT_TRUE(job->take().lost);
}

TEST_F(EngineLinkTest, AFrameOfAnotherKindLosesTheJobThatItWasFor) {
  ready();
  auto call = link->infer(w::Infer());
  ASSERT_TRUE(call.ok());
  engine.expect<w::Infer>();
  tell((*call)->id().value(), w::Done{});
  expect_broken("engine_protocol_broken");
  EXPECT_TRUE((*call)->take().lost) << "it would wait for ever";
}

TEST_F(EngineLinkTest, LargeCallsWaitForOneAnotherOutsideOfTheSocket) {
  ready();
  w::Infer large;
  wire::Tensor& tensor = large.inputs.emplace_back();
  tensor.datatype = wire::Datatype::int8;
  tensor.shape = {40L * 1024 * 1024};
  tensor.bytes.assign(std::size_t{40} * 1024 * 1024, 'x');
  const auto first = link->infer(large);
  ASSERT_TRUE(first.ok());
  const auto second = link->infer(large);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().reason(), "server_is_overloaded");
  EXPECT_TRUE(second.error().retry().wait().has_value());
  EXPECT_TRUE(link->infer(w::Infer()).ok()) << "a small one finds room";
  settle(reactor);
  EXPECT_EQ(breaks, 0);
}

TEST_F(EngineLinkTest, TheEndOfTheEngineLosesEveryJob) {
  ready();
  auto running = started(3), waiting = prepared();
  engine.hang_up();
  settle(reactor);
  EXPECT_EQ(broken_reason, "engine_gone");
  EXPECT_TRUE(running->take().lost);
  EXPECT_TRUE(waiting->take().lost);
  EXPECT_EQ(link->prepare(w::Prepare()).error().reason(), "model_loading");
}

TEST_F(EngineLinkTest, AJobThatIsLetGoOfIsCancelledAndForgotten) {
  ready();
  auto job = started(5);
  job.reset();
  engine.expect<w::Cancel>();
  tell(0, tokens_for(1, 5));  // it was on its way
  w::Done done;
  done.completion_tokens = 5;
  tell(1, done);
  EXPECT_EQ(breaks, 0);
  tell(1, done);
  EXPECT_EQ(breaks, 1) << "after its done the number is foreign";
}

TEST_F(EngineLinkTest, AJobThatIsLetGoOfBeforeItIsPreparedIsCancelledToo) {
  ready();
  link->prepare(w::Prepare()).value().reset();
  engine.expect<w::Prepare>();
  engine.expect<w::Cancel>();
  tell(1, w::Prepared{});
  tell(1, w::Done{});
  EXPECT_EQ(breaks, 0);
}

TEST_F(EngineLinkTest, DetachLosesJobsAndComplainsToNobody) {
  ready();
  auto job = started(5);
  link->detach();
  settle(reactor);
  EXPECT_TRUE(job->take().lost);
  EXPECT_EQ(breaks, 0);
}

TEST_F(EngineLinkTest, TheNextChildGetsNewNumbers) {
  ready();
  auto first = prepared();
  link->detach();
  auto pair = test_socket_pair();
  fd = std::move(pair.first);
  engine = TestPeer(std::move(pair.second), w::Sender::front);
  ready();
  auto second = link->prepare(w::Prepare());
  EXPECT_EQ((*second)->id().value(), 2U);
  tell(1, w::Prepared{});
  EXPECT_EQ(breaks, 1) << "the job of the last child is foreign to this one";
}

// ---- From one child to the next ----

TEST_F(EngineLinkTest, ANewChildTakesOverAndTheOldOneFinishesWhatItHas) {
  ready();
  auto old_job = started(5);
  auto pair = test_socket_pair();
  TestPeer next(std::move(pair.second), w::Sender::front);
  link->attach(std::move(pair.first), 6);
  link->set_ready(6);
  auto new_job = link->prepare(w::Prepare());
  ASSERT_TRUE(new_job.ok());
  next.expect<w::Hello>();
  next.expect<w::Prepare>();
  EXPECT_FALSE(engine.poll()) << "the old one gets nothing new";
  tell(0, tokens_for(1, 5));
  EXPECT_EQ(old_job->take().choices.at(0).text, "xxxxx");
  EXPECT_TRUE(emptied.empty());
  w::Done done;
  done.completion_tokens = 5;
  tell(1, done);
  EXPECT_EQ(emptied, std::vector<std::uint64_t>{5});
  tell((*new_job)->id().value(), w::Prepared{});  // from the old one
  EXPECT_EQ(breaks, 1) << "a job of the new child is foreign to the old one";
  EXPECT_EQ(broken_child, 5U);
  EXPECT_FALSE((*new_job)->take().lost);
}

TEST_F(EngineLinkTest, OneThatLeavesWithoutJobsIsEmptyAtOnce) {
  ready();
  EXPECT_FALSE(link->held());
  link->hold();
  EXPECT_EQ(emptied, std::vector<std::uint64_t>{5});
  EXPECT_TRUE(link->held());
  EXPECT_EQ(link->prepare(w::Prepare()).error().reason(), "model_loading");
}

TEST_F(EngineLinkTest, RefusedItSaysWhyAndFinishesWhatItHas) {
  ready();
  auto job = started(5);
  link->refuse(internal_error("model_unloaded", "test"));
  EXPECT_EQ(link->prepare(w::Prepare()).error().reason(), "model_unloaded");
  EXPECT_FALSE(link->held());
  tell(1, w::Done{});
  EXPECT_FALSE(job->take().lost);
  EXPECT_EQ(emptied, std::vector<std::uint64_t>{5});
  link->revive();
  EXPECT_EQ(link->prepare(w::Prepare()).error().reason(), "model_loading");
}

// ---- Waiting until it is ready, and lifetimes ----

Task<void> wait_ready(EngineLink& link, Instant then, std::string& said) {
  Status ready = co_await link.until_ready(then);
  said = ready ? "ready" : std::string(ready.error().reason());
}

TEST_F(EngineLinkTest, WaitersReturnWhenItIsReady) {
  std::string first, second;
  reactor.spawn(wait_ready(*link, clock.now() + seconds(5), first));
  reactor.spawn(wait_ready(*link, clock.now() + seconds(5), second));
  settle(reactor);
  EXPECT_EQ(first, "");
  ready();
  settle(reactor);
  EXPECT_EQ(first, "ready");
  EXPECT_EQ(second, "ready");
}

TEST_F(EngineLinkTest, WaitersReturnAtTheirTime) {
  std::string said;
  reactor.spawn(wait_ready(*link, clock.now() + seconds(5), said));
  settle(reactor);
  clock.advance(seconds(5));
  reactor.tick();
  settle(reactor);
  EXPECT_EQ(said, "model_loading");
}

TEST_F(EngineLinkTest, WaitersReturnWhenItFailedForGood) {
  std::string said, later;
  reactor.spawn(wait_ready(*link, clock.now() + seconds(5), said));
  settle(reactor);
  link->fail(internal_error("engine_unavailable", "test"));
  reactor.spawn(wait_ready(*link, clock.now() + seconds(5), later));
  settle(reactor);
  EXPECT_EQ(said, "engine_unavailable");
  EXPECT_EQ(later, "engine_unavailable");
  EXPECT_EQ(link->prepare(w::Prepare()).error().reason(), "engine_unavailable");
}

TEST_F(EngineLinkTest, JobsMayOutliveTheLink) {
  ready();
  auto job = started(5);
  link.reset();
  EXPECT_TRUE(job->take().lost);
  job->grant(Tokens(1));
  job.reset();
  engine.hang_up();
  settle(reactor);
  EXPECT_EQ(breaks, 0);
}

TEST(EngineLink, AWaiterThatWasWokenMayOutliveTheEngine) {
  const FakeClock clock;
  std::string said;
  Reactor reactor(0, clock);
  auto link = std::make_shared<EngineLink>(reactor, EngineLink::Callbacks());
  reactor.spawn(wait_ready(*link, clock.now() + seconds(5), said));
  settle(reactor);
  link->fail(internal_error("engine_unavailable", "test"));
  link.reset();
  EXPECT_EQ(said, "");  // and the reactor ends before it comes to the waiter
}

}  // namespace
}  // namespace gatehouse::adapters
