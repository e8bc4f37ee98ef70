#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "gatehouse/base/assert.h"
#include "gatehouse/base/fake_clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/runtime/gate.h"
#include "gatehouse/runtime/mailbox.h"
#include "gatehouse/runtime/per_reactor.h"
#include "gatehouse/runtime/reactor_pool.h"
#include "gatehouse/runtime/run_task.h"
#include "gatehouse/runtime/worker_pool.h"

namespace gatehouse {
namespace {

struct RuntimeTest : testing::Test {
  // Turns the loop until nothing is ready.
  void turn() {
    reactor.context().restart();
    reactor.context().poll();
  }
  FakeClock clock;
  Reactor reactor{0, clock};
};
using Signal_ = RuntimeTest;
using Gate_ = RuntimeTest;
using Deadline_ = RuntimeTest;
using Reactor_ = RuntimeTest;

Task<void> count_waits(Signal& signal, int& count) {
  for (;;) {
    co_await signal.wait();
    ++count;
  }
}

TEST_F(Signal_, RaisedBeforeOrAfterTheWaitWakesOnce) {
  int woken = 0;
  Signal signal(reactor);
  signal.raise();
  reactor.spawn(count_waits(signal, woken));
  turn();
  EXPECT_EQ(woken, 1);
  signal.raise();
  signal.raise();
  turn();
  EXPECT_EQ(woken, 2);
}

Task<void> close_gate(Gate& gate, bool& closed) {
  co_await gate.close();
  closed = true;
}

TEST_F(Gate_, CloseWaitsForThoseInsideAndKeepsOthersOut) {
  Gate gate(reactor);
  bool closed = false;
  auto pass = gate.enter();
  ASSERT_TRUE(pass);
  reactor.spawn(close_gate(gate, closed));
  turn();
  EXPECT_FALSE(closed);
  EXPECT_FALSE(gate.enter());
  pass.reset();
  turn();
  EXPECT_TRUE(closed);
}

TEST_F(Deadline_, FiresOnceWhenDueAndMayDestroyItsNeighbours) {
  int fired = 0;
  auto victim = std::make_unique<Deadline>(reactor, [&] { ++fired; });
  Deadline killer(reactor, [&] {
    ++fired;
    victim.reset();
  });
  killer.arm_in(seconds(1));
  victim->arm_in(seconds(1));
  reactor.tick();
  EXPECT_EQ(fired, 0);
  clock.advance(seconds(1));
  reactor.tick();
  EXPECT_EQ(fired, 1);
  clock.advance(seconds(9));
  reactor.tick();
  EXPECT_EQ(fired, 1);
}

TEST(Deadlines, OfOneBeatAreDueTogether) {
  FakeClock clock;
  Reactor reactor(0, clock);
  std::vector<Instant> due;
  Deadline first(reactor, [&] { due.push_back(clock.now()); }), second(reactor, [&] { due.push_back(clock.now()); });
  first.arm_in_step(milliseconds(500));
  clock.advance(milliseconds(130));
  second.arm_in_step(milliseconds(500));
  for (int i = 0; i < 50; ++i) {
    clock.advance(milliseconds(10));
    reactor.tick();
  }
  ASSERT_EQ(due.size(), 2U);
  EXPECT_EQ(due[0], due[1]);
}

// As where a new connection comes more often than the reactor ticks.
TEST(Deadlines, AreNotPutOffByOthersThatAreArmedAgainAndAgain) {
  const SystemClock clock;
  Reactor reactor(0, clock);
  bool fired = false;
  int armed = 0;
  Deadline waits(reactor, [&] {
    fired = true;
    reactor.stop();
  });
  Deadline restless(reactor, [] {});
  boost::asio::steady_timer timer(reactor.context());
  std::function<void()> arm_again = [&] {
    restless.arm(Instant::min());
    if (++armed == 300) return reactor.stop();
    timer.expires_after(milliseconds(10));
    timer.async_wait([&](boost::system::error_code) { arm_again(); });
  };
  reactor.post([&] {
    waits.arm(Instant::min());
    arm_again();
  });
  reactor.run();
  EXPECT_TRUE(fired);
}

TEST_F(Reactor_, WhatATurnDefersIsDoneBehindItInOrder) {
  std::vector<int> order;
  reactor.turn([&] {
    reactor.defer([&] {
      order.push_back(2);
      reactor.defer([&] { order.push_back(4); });
    });
    reactor.defer([&] { order.push_back(3); });
    order.push_back(1);
  });
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
}

TEST_F(Reactor_, OutsideOfATurnItIsPosted) {
  bool done = false;
  reactor.defer([&] { done = true; });
  EXPECT_FALSE(done);
  turn();
  EXPECT_TRUE(done);
}

TEST_F(Reactor_, WhatDefersWithoutEndLetsOthersHaveTheirTurn) {
  int rounds = 0;
  bool other = false;
  std::function<void()> again = [&] {
    ++rounds;
    if (!other) reactor.defer([&] { again(); });
  };
  reactor.post([&] { other = true; });
  reactor.turn([&] { again(); });
  EXPECT_LT(rounds, 100);
  turn();
  EXPECT_TRUE(other);
}

Task<void> break_an_invariant() {
  GH_ASSERT(1 > 2);
  co_return;
}

TEST_F(Reactor_, AnEscapedExceptionIsReportedAndTheLoopTurnsOn) {
  std::string what;
  reactor.on_escaped = [&](const char* w) { what = w; };
  reactor.spawn(break_an_invariant());
  turn();
  EXPECT_EQ(reactor.escaped(), 1U);
  EXPECT_NE(what.find("1 > 2"), std::string::npos);
}

TEST(Mailbox, RefusesWhenFullAndWhenClosed) {
  Mailbox<int> box(2);
  EXPECT_TRUE(box.push(1));
  EXPECT_TRUE(box.push(2));
  EXPECT_FALSE(box.push(3));
  std::vector<int> got;
  box.drain(got);
  EXPECT_EQ(got, (std::vector<int>{1, 2}));
  box.close();
  EXPECT_FALSE(box.push(4));
}

Task<void> ask_worker(WorkerPool& pool, Reactor& reactor, std::thread::id& ran_on) {
  std::function<std::thread::id(Worker&)> work = [](Worker&) { return std::this_thread::get_id(); };
  auto asked = pool.run<std::thread::id>(reactor, std::move(work));
  ran_on = (co_await std::move(asked)).value();
  reactor.stop();
}

TEST(WorkerPool, RunsElsewhereAndComesBack) {
  const SystemClock clock;
  Reactor reactor(0, clock);
  WorkerPool pool("test", 2, 8);
  std::thread::id ran_on;
  reactor.spawn(ask_worker(pool, reactor, ran_on));
  reactor.run();
  EXPECT_NE(ran_on, std::thread::id());
  EXPECT_NE(ran_on, std::this_thread::get_id());
}

Task<void> ask_what_breaks(WorkerPool& pool, Reactor& reactor, std::string& why, int& after) {
  std::function<int(Worker&)> breaks = [](Worker&) -> int { throw std::bad_alloc(); };
  try {
    auto asked = pool.run<int>(reactor, std::move(breaks));
    co_await std::move(asked);
  } catch (const std::bad_alloc& escaped) {
    why = escaped.what();
  }
  std::function<int(Worker&)> works = [](Worker&) { return 7; };
  auto asked = pool.run<int>(reactor, std::move(works));
  after = (co_await std::move(asked)).value();
  reactor.stop();
}

TEST(WorkerPool, WhatBreaksIsOnePieceOfWorkAndNotTheThread) {
  const SystemClock clock;
  Reactor reactor(0, clock);
  WorkerPool pool("test", 1, 8);
  std::string why;
  int after = 0;
  reactor.spawn(ask_what_breaks(pool, reactor, why, after));
  reactor.run();
  EXPECT_EQ(why, std::bad_alloc().what());
  EXPECT_EQ(after, 7);
}

TEST(WorkerPool, WhatBreaksCanBeToldAsAnError) {
  const SystemClock clock;
  Reactor reactor(0, clock);
  WorkerPool pool("test", 1, 8);
  const auto breaks = []() -> Result<int> { throw std::bad_alloc(); };
  auto working = pool.run<Result<int>>(reactor, told_as_error<Result<int>>(breaks));
  const std::optional<Result<int>> done = run_task(reactor, std::move(working));
  ASSERT_TRUE(done && !done->ok());
  EXPECT_EQ(done->error().reason(), "work_broke");
}

TEST(WorkerPool, DoesWhatIsPostedBeforeItEnds) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool("test", 2, 8);
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(pool.post([&done](Worker&) { ++done; }));
  }
  EXPECT_EQ(done, 8);
}

Task<std::unique_ptr<int>> boxed(int number) { co_return std::make_unique<int>(number); }
Task<int> broken(int& ran) {
  ++ran;
  GH_ASSERT(1 > 2);
  co_return 1;
}

TEST_F(Reactor_, TasksAreRunToTheirEndsOnceAndAgain) {
  EXPECT_EQ(*run_task(reactor, boxed(7)), 7);
  std::vector<Task<std::unique_ptr<int>>> three;
  for (int i = 0; i < 3; ++i) three.push_back(boxed(i));
  const std::vector<std::unique_ptr<int>> numbers = run_tasks(reactor, std::move(three));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*numbers[static_cast<std::size_t>(i)], i);
  EXPECT_TRUE(run_tasks(reactor, std::vector<Task<int>>()).empty());
}

TEST_F(Reactor_, WhatEscapesATaskIsThrownOnWhenAllHaveEnded) {
  int ran = 0;
  std::vector<Task<int>> two;
  for (int i = 0; i < 2; ++i) two.push_back(broken(ran));
  EXPECT_THROW(run_tasks(reactor, std::move(two)), BrokenInvariant);
  EXPECT_EQ(ran, 2);
}

TEST(PerReactor, EveryReactorSeesTheNewSnapshot) {
  const FakeClock clock;
  Reactor a(0, clock), b(1, clock);
  PerReactor<int> value({&a, &b}, std::make_shared<const int>(1));
  value.publish(std::make_shared<const int>(2));
  EXPECT_EQ(*value.get(a), 1);
  a.context().poll();
  EXPECT_EQ(*value.get(a), 2);
  EXPECT_EQ(*value.get(b), 1);
}

}  // namespace
}  // namespace gatehouse
