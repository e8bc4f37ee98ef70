#include "call_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "gatehouse/base/fake_clock.h"

namespace gatehouse::adapters {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CallQueueTest : public testing::Test {
 protected:
  static QueuedCall call(std::uint64_t tenant, std::uint64_t job, std::size_t bytes = 1) {
    QueuedCall made;
    made.key = {0, job};
    made.call.tenant = tenant;
    made.call.inputs.emplace_back().bytes.assign(bytes, 'x');
    return made;
  }
  static std::vector<std::uint64_t> jobs(const std::vector<CallKey>& keys) {
    std::vector<std::uint64_t> found;
    for (const CallKey& key : keys) found.push_back(key.job);
    return found;
  }
  // The next one, which takes so long.
  std::uint64_t computed(CallQueue& queue, nanoseconds time = milliseconds(10)) {
    const auto next = queue.next(clock);
    clock.advance(time);
    EXPECT_TRUE(queue.over(clock));
    return next ? next->key.job : 0;
  }
  FakeClock clock;
};

TEST_F(CallQueueTest, TenantsTakeTurnsHoweverManyCallsOneHas) {
  CallQueue queue({16, 1000});
  for (std::uint64_t job = 1; job <= 4; ++job) queue.push(call(1, job));
  queue.push(call(2, 5));
  queue.push(call(2, 6));
  std::vector<std::uint64_t> order;
  for (int i = 0; i < 6; ++i) order.push_back(computed(queue));
  EXPECT_THAT(order, ElementsAre(1, 5, 2, 6, 3, 4));
}

TEST_F(CallQueueTest, WhatCountsIsTheTimeThatCallsTake) {
  CallQueue queue({16, 1000});
  for (std::uint64_t job = 1; job <= 3; ++job) queue.push(call(1, job));
  for (std::uint64_t job = 4; job <= 9; ++job) queue.push(call(2, job));
  std::vector<std::uint64_t> order;
  while (order.size() < 8) order.push_back(computed(queue, order.size() % 4 == 0 ? milliseconds(30) : milliseconds(10)));
  EXPECT_THAT(order, ElementsAre(1, 4, 5, 6, 2, 7, 8, 9)) << "one of 30 ms weighs as much as three of 10";
}

TEST_F(CallQueueTest, WhoWasAwayHasSavedNothing) {
  CallQueue queue({16, 1000});
  for (std::uint64_t job = 1; job <= 5; ++job) queue.push(call(1, job));
  for (int i = 0; i < 3; ++i) computed(queue, seconds(1));
  for (std::uint64_t job = 6; job <= 9; ++job) queue.push(call(2, job));
  std::vector<std::uint64_t> order;
  for (int i = 0; i < 4; ++i) order.push_back(computed(queue, seconds(1)));
  EXPECT_THAT(order, ElementsAre(6, 4, 7, 5));
}

TEST_F(CallQueueTest, WhoHasMostGivesWayWhereThereIsNoRoom) {
  CallQueue queue({3, 1000});
  for (std::uint64_t job = 1; job <= 3; ++job) EXPECT_THAT(queue.push(call(1, job)), IsEmpty());
  EXPECT_THAT(jobs(queue.push(call(1, 4))), ElementsAre(4)) << "its own youngest";
  EXPECT_THAT(jobs(queue.push(call(2, 5))), ElementsAre(3)) << "the other has one of three at most";
  EXPECT_EQ(queue.counts().waiting, 3U);
}

TEST_F(CallQueueTest, BytesAreBoundedToo) {
  CallQueue queue({16, 1000});
  EXPECT_THAT(queue.push(call(1, 1, 600)), IsEmpty());
  EXPECT_THAT(queue.push(call(2, 2, 300)), IsEmpty());
  EXPECT_THAT(jobs(queue.push(call(1, 3, 300))), ElementsAre(3));
  EXPECT_THAT(jobs(queue.push(call(2, 4, 200))), ElementsAre(1));
  CallQueue small({16, 10});
  EXPECT_THAT(small.push(call(1, 1, 600)), IsEmpty()) << "one may be as large as it is";
}

TEST_F(CallQueueTest, ACancelIsNotLostHoweverEarlyItComes) {
  CallQueue queue({16, 1000});
  queue.push(call(1, 1));
  queue.push(call(1, 2));
  EXPECT_TRUE(queue.cancel({0, 2}));
  const auto running = queue.next(clock);
  ASSERT_TRUE(running);
  EXPECT_FALSE(running->stop.stop_requested());
  EXPECT_FALSE(queue.cancel({0, 1})) << "it answers for itself";
  EXPECT_TRUE(running->stop.stop_requested());
  EXPECT_TRUE(queue.over(clock));
  EXPECT_FALSE(queue.cancel({0, 1}));
  queue.push(call(1, 3));
  EXPECT_FALSE(queue.next(clock)->stop.stop_requested()) << "it was not meant";
}

CallQueue::Company company(nanoseconds delay, std::size_t most, std::size_t most_bytes) {
  return {delay, most, most_bytes, [](const wire::engine::Infer& first, const wire::engine::Infer& other) {
            return first.inputs.front().bytes.front() == other.inputs.front().bytes.front();
          }};
}

TEST_F(CallQueueTest, SomeMayRunWithTheFirstOne) {
  CallQueue queue({16, 1000});
  for (const std::uint64_t job : {1, 2, 3}) queue.push(call(1, job));
  for (const std::uint64_t job : {4, 5}) queue.push(call(2, job));
  const auto first = queue.next(clock);
  const auto others = queue.take_along(*first, company(nanoseconds(0), 4, 100), clock);
  std::vector<std::uint64_t> taken;
  for (const QueuedCall& one : others) taken.push_back(one.key.job);
  EXPECT_THAT(taken, ElementsAre(4, 2, 5)) << "tenants take turns here, too";
  EXPECT_FALSE(queue.cancel({0, 1})) << "the others still want it";
  EXPECT_FALSE(first->stop.stop_requested());
  clock.advance(seconds(20));
  EXPECT_FALSE(queue.give_up(seconds(10), clock.now())) << "it is not known whose doing it is";
  EXPECT_TRUE(first->stop.stop_requested());
  EXPECT_TRUE(queue.over(clock));
  EXPECT_EQ(queue.counts().calls, 4U);
  QueuedCall alone = call(1, 2);
  queue.again(alone, clock);
  clock.advance(seconds(20));
  EXPECT_EQ(queue.give_up(seconds(10), clock.now()), (CallKey{0, 2}));
  EXPECT_FALSE(queue.over(clock));
}

TEST_F(CallQueueTest, WhatDoesNotFitStaysWhereItIs) {
  CallQueue queue({16, 1000});
  queue.push(call(1, 1));
  QueuedCall other = call(1, 2);
  other.call.inputs.front().bytes = "y";
  queue.push(std::move(other));
  queue.push(call(1, 3));
  queue.push(call(2, 4, 100));
  const auto first = queue.next(clock);
  EXPECT_TRUE(queue.take_along(*first, company(nanoseconds(0), 4, 100), clock).empty()) << "nobody passes, and bytes are bounded";
  clock.advance(seconds(1));
  EXPECT_TRUE(queue.over(clock));
  EXPECT_EQ(computed(queue), 4U);
}

TEST_F(CallQueueTest, WaitsAWhileForMore) {
  CallQueue queue({16, 1000});
  QueuedCall one = call(1, 1);
  one.came = clock.now();
  queue.push(std::move(one));
  const auto first = queue.next(clock);
  std::thread pushing([&queue] { queue.push(call(1, 2)); });
  const auto others = queue.take_along(*first, company(std::chrono::minutes(1), 2, 100), clock);
  pushing.join();
  EXPECT_EQ(others.size(), 1U);
}

TEST_F(CallQueueTest, GivesUpOnceWhatTakesTooLong) {
  CallQueue queue({16, 1000});
  EXPECT_FALSE(queue.give_up(seconds(10), clock.now()));
  queue.push(call(1, 1));
  const auto running = queue.next(clock);
  clock.advance(seconds(10));
  EXPECT_FALSE(queue.give_up(seconds(10), clock.now()));
  clock.advance(nanoseconds(1));
  EXPECT_EQ(queue.give_up(seconds(10), clock.now()), (CallKey{0, 1}));
  EXPECT_TRUE(running->stop.stop_requested());
  EXPECT_FALSE(queue.give_up(seconds(10), clock.now()));
  EXPECT_FALSE(queue.over(clock)) << "it has been answered";
}

}  // namespace
}  // namespace gatehouse::adapters
