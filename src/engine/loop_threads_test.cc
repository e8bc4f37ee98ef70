// The model computes with one thread fewer while somebody else has a core.
#include <gtest/gtest.h>

#include "test_loop.h"

namespace gatehouse::engine {
namespace {

TEST(EngineLoopThreads, AreFewerWhileACoreIsTaken) {
  ScriptedOptions options = seats_of(1);
  options.threads = 2;
  TurnedLoop t(options);
  bool taken = false;
  t.before_pass([&] {
    const std::uint32_t threads = t.trace.threads == 0 ? 2U : t.trace.threads.load();
    t.clock.advance(milliseconds(threads == 1 ? 12 : taken ? 60 : 7));
  });
  t.ask(1, "loop:x", 4000);
  t.turns(50);
  EXPECT_EQ(t.trace.threads, 0U) << "never told";
  taken = true;
  t.turns(12);
  EXPECT_EQ(t.trace.threads, 1U);
  taken = false;
  t.turns(500);
  EXPECT_EQ(t.trace.threads, 2U);
}

TEST(EngineLoopThreads, AreLeftAloneWhereThereIsOne) {
  TurnedLoop t(seats_of(1));
  int passes = 0;
  t.before_pass([&] { t.clock.advance(milliseconds(++passes % 5 == 0 ? 60 : 7)); });
  t.ask(1, "loop:x", 400);
  t.turns(300);
  EXPECT_EQ(t.trace.threads, 0U);
}

}  // namespace
}  // namespace gatehouse::engine
