// The decode loop and several tenants: who is computed for, and who makes room.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_loop.h"

namespace gatehouse::engine {
namespace {

ScriptedOptions seats_of(std::uint32_t seats, std::uint32_t cells = 4096) {
  ScriptedOptions options;
  options.seats = seats;
  options.seat_cells = cells;
  return options;
}

// Jobs first, first + 1, …: more of the tenant's than there will be seats.
void ask_many(TurnedLoop& t, std::uint64_t tenant, std::uint64_t first, int jobs, const std::string& prompt, std::uint32_t grant) {
  t.as(tenant);
  for (int i = 0; i < jobs; ++i) {
    t.ask(first + static_cast<std::uint64_t>(i), prompt, grant);
    t.finish(first + static_cast<std::uint64_t>(i));
  }
}

TEST(EngineLoopTenants, TheQueueOfOneIsNotTheQueueOfAnother) {
  TurnedLoop t(seats_of(1));
  ask_many(t, 1, 1, 20, "loop:x", 30);
  t.turns(5);
  ask_many(t, 2, 100, 1, "loop:y", 3);
  while (!t.told(1).ended()) t.turn();
  t.turns(5);
  EXPECT_TRUE(t.told(100).ended()) << "it waits for the seat, not for nineteen others";
  t.settle();
  for (std::uint64_t job = 1; job <= 20; ++job) EXPECT_TRUE(t.told(job).ended());
  t.expect_empty();
}

TEST(EngineLoopTenants, AShortPromptIsNotBehindTheLongOnesOfAnother) {
  TurnedLoop t(seats_of(8));
  t.as(3);
  t.ask(1, "loop:x", 1000);  // somebody decodes
  t.turns(3);
  ask_many(t, 1, 10, 6, "loop:" + std::string(1000, 'y'), 5);
  t.turns(3);
  ask_many(t, 2, 20, 1, "loop:z", 5);
  t.turns(3);  // a seat, at most one chunk of others, its own
  EXPECT_GE(t.told(20).tokens, 1U);
  EXPECT_EQ(t.told(15).tokens, 0U);
}

}  // namespace
}  // namespace gatehouse::engine
