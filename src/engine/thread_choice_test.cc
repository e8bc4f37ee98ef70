#include "gatehouse/engine/thread_choice.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <vector>

#include "gatehouse/base/fake_clock.h"
#include "gatehouse/base/random.h"

namespace gatehouse::engine {
namespace {

// A machine with so many cores that somebody else takes some of. A pass of one thread takes 20 ms; a pass that wants a core which is taken
// waits for the kernel to share it out, node after node.
class Machine {
 public:
  explicit Machine(std::uint32_t cores) : choice(cores), cores_(cores) {}

  nanoseconds pass() {
    const std::uint32_t threads = choice.threads();
    const bool crowded = threads + taken > cores_;
    const double noise = 0.97 + 0.06 * static_cast<double>(random_.next_u64() >> 40) / 16777216.0;
    const double milli = (20.0 / threads + 2) * (crowded ? 8 : 1) * noise;
    const nanoseconds took(static_cast<std::int64_t>(milli * 1e6));
    now_ += took;
    choice.saw(PassPace{took, usual_, crowded}, now_);
    // As the loop learns it: slowly, and from no trial.
    if (usual_ == nanoseconds(0)) usual_ = took;
    if (!choice.on_trial()) usual_ += nanoseconds((took - usual_).count() * 3 / 100);
    return took;
  }
  void passes(int count) {
    for (int i = 0; i < count; ++i) pass();
  }
  void passes_for(nanoseconds time) {
    for (const Instant end = now_ + time; now_ < end;) pass();
  }
  Instant now() const { return now_; }

  ThreadChoice choice;
  std::uint32_t taken = 0;

 private:
  const std::uint32_t cores_;
  nanoseconds usual_{0};
  Instant now_;
  SeededRandom random_{17};
};

TEST(ThreadChoice, TakesAllWhereNobodyDisturbs) {
  Machine machine(4);
  for (int i = 0; i < 2000; ++i) {
    machine.pass();
    ASSERT_EQ(machine.choice.threads(), 4U) << i;
  }
}

TEST(ThreadChoice, GivesACoreUpThatIsTakenAndTakesItAgainWhenItIsFree) {
  Machine machine(4);
  machine.passes(50);
  machine.taken = 1;
  machine.passes(2 + 9);
  EXPECT_EQ(machine.choice.threads(), 3U) << "two slow passes, and a trial";
  EXPECT_FALSE(machine.choice.on_trial());
  machine.taken = 0;
  machine.passes_for(seconds(40));
  EXPECT_EQ(machine.choice.threads(), 4U);
}

TEST(ThreadChoice, GoesAsFarDownAsItHasTo) {
  Machine machine(4);
  machine.passes(50);
  machine.taken = 3;
  machine.passes_for(seconds(10));
  EXPECT_EQ(machine.choice.threads(), 1U);
}

// Nothing is slower than usual there: what is usual was learnt beside the other. But the kernel tells.
TEST(ThreadChoice, SeesWhoWasThereFromTheBeginning) {
  Machine machine(2);
  machine.taken = 1;
  machine.passes(200);
  EXPECT_EQ(machine.choice.threads(), 1U);
}

TEST(ThreadChoice, TriesOneMoreSeldomWhileTheCoreIsTaken) {
  Machine machine(2);
  machine.passes(50);
  machine.taken = 1;
  machine.passes_for(seconds(60));
  int slow = 0, all = 0;
  for (const Instant end = machine.now() + seconds(120); machine.now() < end; ++all) {
    if (machine.pass() > milliseconds(50)) ++slow;
  }
  EXPECT_LE(slow, all / 100) << slow << " of " << all;
}

TEST(ThreadChoice, KeepsToOneWhereThereIsOne) {
  ThreadChoice choice(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(choice.saw(PassPace{seconds(1), milliseconds(1), true}, Instant(seconds(i))), 1U);
}

TEST(ThreadChoice, DoesNothingWhileNothingIsKnown) {
  ThreadChoice choice(4);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(choice.saw(PassPace{seconds(1), nanoseconds(0), true}, Instant(seconds(i))), 4U);
}

// Whatever is seen, the number stays within its bounds and no trial lasts for ever.
TEST(ThreadChoice, StaysWithinItsBounds) {
  const std::uint64_t seed = 4711;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  SeededRandom dice(seed);
  ThreadChoice choice(6);
  Instant now;
  int in_trial = 0;
  for (int i = 0; i < 100'000; ++i) {
    const nanoseconds took(static_cast<std::int64_t>(dice.next_u64() % 50'000'000));
    now += took;
    const std::uint32_t threads = choice.saw(PassPace{took, milliseconds(10), dice.next_u64() % 3 == 0}, now);
    ASSERT_GE(threads, 1U);
    ASSERT_LE(threads, 6U);
    in_trial = choice.on_trial() ? in_trial + 1 : 0;
    ASSERT_LE(in_trial, 10);
  }
}

}  // namespace
}  // namespace gatehouse::engine
