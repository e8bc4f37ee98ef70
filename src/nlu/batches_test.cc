#include "gatehouse/nlu/batches.h"

#include <gmock/gmock.h>

#include <set>

#include "gatehouse/base/random.h"

namespace gatehouse::nlu {
namespace {

using testing::ElementsAre;

TEST(Batches, HoldRowsOfLikeLength) {
  const std::vector<RowShape> rows = {{20, 5}, {100, 5}, {20, 6}, {98, 6}};
  EXPECT_THAT(batches_by_length(rows), ElementsAre(ElementsAre(1, 3), ElementsAre(2, 0)));
  EXPECT_THAT(batches_by_length(rows, {.rows = 16, .padding = 0}),
              ElementsAre(ElementsAre(1), ElementsAre(3), ElementsAre(2), ElementsAre(0)));
  EXPECT_THAT(batches_by_length(rows, {.rows = 16, .padding = 1}), ElementsAre(ElementsAre(1, 3, 2, 0)));
  EXPECT_THAT(batches_by_length({}), ElementsAre());
}

TEST(Batches, HaveEachRowOnceAndKeepTheRule) {
  SeededRandom random(20261127);
  for (int round = 0; round < 200; ++round) {
    std::vector<RowShape> rows(random.next_u64() % 80);
    for (RowShape& row : rows)
      row = {static_cast<std::uint32_t>(2 + random.next_u64() % 383), static_cast<std::uint32_t>(random.next_u64() % 60)};
    std::set<std::size_t> seen;
    for (const std::vector<std::size_t>& batch : batches_by_length(rows)) {
      EXPECT_LE(batch.size(), 16);
      std::uint64_t text = 0, prompt = 0, tokens = 0;
      for (const std::size_t row : batch) {
        EXPECT_TRUE(seen.insert(row).second);
        text = std::max<std::uint64_t>(text, rows[row].text), prompt = std::max<std::uint64_t>(prompt, rows[row].prompt);
        tokens += rows[row].text + rows[row].prompt;
      }
      const std::uint64_t computed = batch.size() * (text + prompt);
      EXPECT_LE(8 * (computed - tokens), computed);
    }
    EXPECT_EQ(seen.size(), rows.size());
  }
}

}  // namespace
}  // namespace gatehouse::nlu
