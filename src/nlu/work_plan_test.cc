#include "gatehouse/nlu/work_plan.h"

#include <gmock/gmock.h>

#include <set>

#include "gatehouse/base/random.h"

namespace gatehouse::nlu {
namespace {

Row row(Row::Kind kind, std::size_t tokens) {
  return {.kind = kind,
          .first_position = kind == Row::Kind::text ? 0U : 384U,
          .ids = std::vector<TokenId>(tokens, static_cast<TokenId>(tokens))};
}

TEST(WorkPlan, IsOneCallWhereItIsSmall) {
  const std::vector<Row> rows = {row(Row::Kind::text, 10), row(Row::Kind::prompt, 4), row(Row::Kind::prompt, 5), row(Row::Kind::prompt, 6)};
  const std::vector<Slot> slots = {{0, 1}, {0, 3}};
  const std::vector<PlannedCall> calls = plan_work(rows, slots, 3, {.batch = {.rows = 16, .padding = 1}});
  ASSERT_EQ(calls.size(), 1);
  EXPECT_EQ(calls[0].work.owner, 3);
  EXPECT_EQ(calls[0].work.rows.size(), 3) << "the row that nobody needs stays here";
  EXPECT_THAT(calls[0].work.batches, testing::ElementsAre(2));
  EXPECT_THAT(calls[0].slots, testing::ElementsAre(1, 0)) << "from long to short";
  EXPECT_EQ(calls[0].work.rows[calls[0].work.pairs[0].prompt].ids.size(), 6);
  EXPECT_TRUE(plan_work(rows, {}, 3, {}).empty());
}

TEST(WorkPlan, HoldsEachPairOnceInCallsOfABoundedSize) {
  SeededRandom random(20261127);
  for (int round = 0; round < 50; ++round) {
    std::vector<Row> rows;
    for (int i = 0; i < 20; ++i) rows.push_back(row(Row::Kind::text, 2 + random.next_u64() % 380));
    for (int i = 0; i < 20; ++i) rows.push_back(row(Row::Kind::prompt, 2 + random.next_u64() % 30));
    std::vector<Slot> slots;
    for (int i = 0; i < 200; ++i) {
      slots.push_back({static_cast<std::uint32_t>(random.next_u64() % 20), static_cast<std::uint32_t>(20 + random.next_u64() % 20)});
    }
    const WorkRule rule{.batch = {.rows = 1 + static_cast<std::size_t>(random.next_u64() % 8)}, .tokens = 4096};
    std::multiset<std::size_t> met;
    for (const PlannedCall& call : plan_work(rows, slots, 1, rule)) {
      ASSERT_EQ(call.slots.size(), call.work.pairs.size());
      EXPECT_TRUE(wire::work_of(wire::call_of(call.work)).ok());
      std::size_t tokens = 0;
      for (std::size_t i = 0; i < call.slots.size(); ++i) {
        const wire::NluPair& pair = call.work.pairs[i];
        EXPECT_EQ(call.work.rows[pair.text].ids, rows[slots[call.slots[i]].text].ids);
        EXPECT_EQ(call.work.rows[pair.prompt].ids, rows[slots[call.slots[i]].prompt].ids);
        tokens += call.work.rows[pair.text].ids.size() + call.work.rows[pair.prompt].ids.size();
        met.insert(call.slots[i]);
      }
      EXPECT_TRUE(tokens <= rule.tokens || call.work.batches.size() == 1);
    }
    EXPECT_EQ(met.size(), slots.size());
    EXPECT_EQ(std::set<std::size_t>(met.begin(), met.end()).size(), slots.size());
  }
}

}  // namespace
}  // namespace gatehouse::nlu
