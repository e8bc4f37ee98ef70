#include "loading_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace gatehouse::app {
namespace {

constexpr std::uint64_t gib = 1024 * 1024 * 1024ULL;

TEST(LoadingMemory, RefusesWithFiguresWhatDoesNotFit) {
  LoadingMemory memory;
  const Status refused = memory.reserve("large", 5 * gib, 4 * gib + gib / 2);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason(), "model_too_large");
  EXPECT_THAT(refused.error().public_text(), testing::AllOf(testing::HasSubstr("5.00 GiB"), testing::HasSubstr("4.50 GiB")));
  EXPECT_TRUE(memory.reserve("small", 4 * gib, 4 * gib).ok());
}

TEST(LoadingMemory, CountsThoseThatAreBeingLoadedUntilTheyAreThere) {
  LoadingMemory memory;
  EXPECT_TRUE(memory.reserve("a", 3 * gib, 5 * gib).ok());
  EXPECT_FALSE(memory.reserve("b", 3 * gib, 5 * gib).ok());
  EXPECT_TRUE(memory.reserve("a", 3 * gib, 5 * gib).ok()) << "it is tried once more";
  memory.release("a");
  EXPECT_TRUE(memory.reserve("b", 3 * gib, 5 * gib).ok());
}

TEST(LoadingMemory, CountsWhatALoadedOneHasYetToTake) {
  LoadingMemory memory;
  std::uint64_t left = 2 * gib;
  EXPECT_TRUE(memory.reserve("a", 3 * gib, 5 * gib).ok());
  memory.loaded("a", [&left] { return left; });
  const Status refused = memory.reserve("b", 3 * gib, 4 * gib);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().public_text(), testing::HasSubstr("other models are about to take 2.00 GiB"));
  left = gib;
  EXPECT_TRUE(memory.reserve("b", 3 * gib, 4 * gib).ok());
  memory.release("b");
  EXPECT_FALSE(memory.reserve("b", 4 * gib, 4 * gib).ok());
  memory.release("a");
  EXPECT_TRUE(memory.reserve("b", 4 * gib, 4 * gib).ok());
}

TEST(LoadingMemory, BelievesAnEngineUpToWhatWasReserved) {
  LoadingMemory memory;
  EXPECT_TRUE(memory.reserve("a", gib, 5 * gib).ok());
  memory.loaded("a", [] { return std::numeric_limits<std::uint64_t>::max(); });
  EXPECT_FALSE(memory.reserve("b", 4 * gib + 1, 5 * gib).ok());
  EXPECT_TRUE(memory.reserve("b", 4 * gib, 5 * gib).ok());
  memory.loaded("c", [] { return 5 * gib; });
  EXPECT_TRUE(memory.reserve("d", gib, 6 * gib).ok()) << "nothing was reserved for it";
}

TEST(LoadingMemory, SaysGibibytes) {
  EXPECT_EQ(in_gibibytes(0), "0.00 GiB");
  EXPECT_EQ(in_gibibytes(gib / 100 * 5), "0.04 GiB");
  EXPECT_EQ(in_gibibytes(12 * gib + gib / 2), "12.50 GiB");
}

}  // namespace
}  // namespace gatehouse::app
