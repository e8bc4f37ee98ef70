// Many threads at one table: what one at a time cannot show. Runs under ThreadSanitizer, too.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <latch>
#include <random>
#include <thread>

#include "gatehouse/limits/limit_table.h"
#include "test_moment.h"

namespace gatehouse::limits {
namespace {

constexpr int hands_at_work = 8;

LimitKey numbered(std::uint32_t limit, std::uint64_t subject) { return LimitKey{limit, Subject{7, subject}}; }

template <class Work>
void with_threads(const Work& work) {
  std::latch begin(hands_at_work);
  std::vector<std::jthread> running;
  for (int i = 0; i < hands_at_work; ++i) {
    running.emplace_back([&begin, &work, i] {
      begin.arrive_and_wait();
      work(i);
    });
  }
}

TEST(LimitTableThreads, TheFirstUsesOfSomebodyUnknownAreLimitedToo) {
  SeededRandom random(1);
  LimitTable table({}, random);
  const Limit five = SlidingWindow{5, seconds(60)};
  for (std::uint64_t subject = 0; subject < 200; ++subject) {
    std::atomic<int> admitted{0};
    with_threads([&](int) {
      std::array<Charge, 1> charge{Charge{numbered(1, subject), &five, 1, Spend::at_once, {}}};
      if (table.reserve(charge, at_second(5))) ++admitted;
    });
    ASSERT_EQ(admitted, 5) << "of " << hands_at_work;
  }
}

// Each thread takes several limits at once, in orders of its own, and gives back what it did not use.
class ManyHands {
 public:
  explicit ManyHands(LimitTable& table) : table_(table) {}

  void work(std::uint64_t seed) {
    std::mt19937_64 dice(seed);
    for (int i = 0; i < 2000; ++i) one_call(dice);
  }
  std::uint64_t most_at_once() const { return most_at_once_; }
  Units produced() const { return produced_; }
  Units spent() {
    std::array<Charge, 1> charge{Charge{numbered(3, 0), &budget_, 0, Spend::at_once, {}}};
    table_.reserve(charge, at_second(0));
    return std::get<Allowance>(budget_).amount - charge[0].decision.remaining;
  }

 private:
  void one_call(std::mt19937_64& dice) {
    const Units wanted = 1 + dice() % 50;
    std::array<Charge, 4> charges{
        Charge{numbered(1, dice() % 300), &rate_, 1, Spend::at_once, {}}, Charge{numbered(2, 0), &slots_, 1, Spend::at_once, {}},
        Charge{numbered(3, 0), &budget_, wanted, Spend::by_use, {}}, Charge{numbered(4, dice() % 5), &tokens_, wanted, Spend::by_use, {}}};
    std::shuffle(charges.begin(), charges.end(), dice);
    const auto now = static_cast<std::int64_t>(moment_.fetch_add(1000) - dice() % 500);
    std::optional<Reservation> held = table_.reserve(charges, at_ns(now));
    if (!held) return;
    const std::uint64_t running = ++running_;
    for (std::uint64_t most = most_at_once_; running > most && !most_at_once_.compare_exchange_weak(most, running);) {
    }
    const Units used = dice() % (wanted + 1);
    held->used(numbered(3, 0), used);
    for (const Charge& charge : charges) {
      if (charge.key.limit == 4) held->used(charge.key, used);
    }
    produced_ += used;
    --running_;
  }

  LimitTable& table_;
  const Limit rate_ = SlidingWindow{20, nanoseconds(1'000'000)}, slots_ = Concurrency{3}, budget_ = Allowance{60'000, Period::total},
              tokens_ = Gcra{50'000, nanoseconds(1'000'000'000), 5000};
  std::atomic<std::uint64_t> moment_{1'000'000}, running_{0}, most_at_once_{0}, produced_{0};
};

TEST(LimitTableThreads, NothingIsOverAndTheEndIsExact) {
  const std::uint64_t seed = std::random_device()();
  std::printf("seeds from %llu\n", static_cast<unsigned long long>(seed));
  SeededRandom random(seed);
  LimitTable table({.shards = 4, .bytes = 100'000}, random);
  ManyHands hands(table);
  with_threads([&](int i) { hands.work(seed + static_cast<std::uint64_t>(i)); });
  EXPECT_GE(hands.most_at_once(), 1U);
  EXPECT_LE(hands.most_at_once(), 3U);
  EXPECT_GT(hands.produced(), 0U);
  EXPECT_EQ(hands.spent(), hands.produced());
}

}  // namespace
}  // namespace gatehouse::limits
