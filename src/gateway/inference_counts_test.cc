#include "gatehouse/gateway/inference_counts.h"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

InferenceCounts::Call of_rows(std::uint64_t rows) {
  InferenceCounts::Call call;
  call.rows = call.pass_rows = rows;
  call.took = nanoseconds(100), call.computed = nanoseconds(70), call.input = nanoseconds(2), call.output = nanoseconds(3);
  return call;
}

TEST(InferenceCounts, TellPassesApartByTheirRows) {
  InferenceCounts counts;
  for (const std::uint64_t rows : {65U, 1U, 1U}) counts.succeeded(of_rows(rows), WallTime());
  InferenceCounts::Call first = of_rows(2), second = of_rows(3);
  first.pass_rows = second.pass_rows = 5;
  second.passes = 0;
  counts.succeeded(first, WallTime());
  counts.succeeded(second, WallTime());
  const InferenceFigures now = counts.figures();
  EXPECT_EQ(now.rows, 72U);
  EXPECT_EQ(now.passes, 4U);
  EXPECT_EQ(now.success.count, 5U);
  EXPECT_EQ(now.compute.ns, 350U);
  ASSERT_EQ(now.by_rows.size(), 3U);
  EXPECT_EQ(now.by_rows[0].rows, 1U);
  EXPECT_EQ(now.by_rows[0].compute.count, 2U);
  EXPECT_EQ(now.by_rows[1].rows, 5U) << "two calls, computed once";
  EXPECT_EQ(now.by_rows[1].compute.count, 1U);
  EXPECT_EQ(now.by_rows[2].rows, 65U) << "its place was taken";
  EXPECT_EQ(now.by_rows[2].input.ns, 2U);
  EXPECT_EQ(now.by_rows[2].output.ns, 3U);
}

TEST(InferenceCounts, OfFurtherSizesAreCountedAmongAll) {
  InferenceCounts counts;
  for (std::uint64_t rows = 1; rows <= 100; ++rows) counts.succeeded(of_rows(rows), WallTime());
  counts.succeeded(of_rows(0), WallTime());
  EXPECT_EQ(counts.figures().by_rows.size(), 64U);
  EXPECT_EQ(counts.figures().passes, 101U);
}

}  // namespace
}  // namespace gatehouse::gateway
