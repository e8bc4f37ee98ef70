// Many threads at one cache: what one at a time cannot show. Runs under ThreadSanitizer, too.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <latch>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "answer_cache.h"

namespace gatehouse::gateway {
namespace {

using CacheTurn = AnswerCache::Turn;
using CacheStand = CacheTurn::Stand;

constexpr int hands_at_work = 8, calls_each = 3000;
constexpr std::size_t questions = 3;

// How one thread is told that its turn has come. Shared: a wake may come when nobody waits any more.
struct Bell {
  std::mutex mutex;
  std::condition_variable rings;
  bool rung = false;
  void ring() {
    {
      const std::lock_guard lock(mutex);
      rung = true;
    }
    rings.notify_one();
  }
  // false: nobody has rung for so long.
  bool wait(milliseconds patience) {
    std::unique_lock lock(mutex);
    return rings.wait_for(lock, patience, [this] { return rung; });
  }
};

class HandsAtCache {
 public:
  void work(std::uint64_t seed) {
    std::mt19937_64 dice(seed);
    for (int i = 0; i < calls_each; ++i) one_call(dice);
  }
  AnswerCache::Count left() const { return cache_.count(); }
  int told() const { return told_; }
  int made() const { return made_; }

 private:
  void one_call(std::mt19937_64& dice) {
    const std::size_t question = dice() % questions;
    AnswerKey key;
    key.asked.at(0) = static_cast<std::uint8_t>(question);
    key.tenant = key.model = 1;
    const auto bell = std::make_shared<Bell>();
    CacheTurn turn(cache_, key, tenant_, dice() % 16 == 0 ? Asking::anew : Asking::usual, now(), [bell] { bell->ring(); });
    if (turn.stand() == CacheStand::waits) {
      // Some lose their patience; the others wait for as long as it takes.
      if (!bell->wait(dice() % 4 == 0 ? milliseconds(0) : milliseconds(30'000))) return;
      EXPECT_NE(turn.stand(), CacheStand::waits);
    }
    if (turn.stand() == CacheStand::told) {
      EXPECT_EQ(turn.answer()->body, std::to_string(question));
      ++told_;
    } else if (turn.stand() == CacheStand::makes) {
      make(turn, question, dice);
    }
  }
  void make(CacheTurn& turn, std::size_t question, std::mt19937_64& dice) {
    EXPECT_EQ(being_made_.at(question).fetch_add(1), 0) << "one makes it";
    if (dice() % 8 == 0) std::this_thread::yield();
    being_made_.at(question).fetch_sub(1);
    ++made_;
    const std::size_t ends = dice() % 8;
    if (ends == 0) return;
    if (ends == 1) return turn.keep_nothing();
    KeptAnswer answer;
    answer.status = 200;
    answer.body = std::to_string(question);
    turn.keep(std::move(answer), now());
  }
  // So that answers grow old all the time.
  Instant now() { return Instant(seconds(clock_.fetch_add(1) / 64)); }

  const TenantId tenant_{"acme"};
  AnswerCache cache_{1'000'000, seconds(1)};
  std::array<std::atomic<int>, questions> being_made_{};
  std::atomic<int> told_{0}, made_{0};
  std::atomic<std::int64_t> clock_{0};
};

TEST(AnswerCacheThreads, OneMakesItAndNobodyWaitsForNobody) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  HandsAtCache hands;
  {
    std::latch begin(hands_at_work);
    std::vector<std::jthread> running;
    for (int i = 0; i < hands_at_work; ++i) {
      running.emplace_back([&hands, &begin, seed, i] {
        begin.arrive_and_wait();
        hands.work(seed + static_cast<std::uint64_t>(i));
      });
    }
  }
  EXPECT_EQ(hands.left().being_made, 0U);
  EXPECT_GT(hands.told(), 0);
  EXPECT_GT(hands.made(), 0);
}

}  // namespace
}  // namespace gatehouse::gateway
