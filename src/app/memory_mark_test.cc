#include "memory_mark.h"

#include <gtest/gtest.h>

namespace gatehouse::app {
namespace {

using Crossing = MarkWatch::Crossing;

TEST(MemoryMark, TellsEachCrossingOnce) {
  MarkWatch watch(mib(1000));
  EXPECT_EQ(watch.look(mib(500)), Crossing::none);
  EXPECT_EQ(watch.look(mib(1000)), Crossing::none) << "at the mark is not above it";
  EXPECT_EQ(watch.look(mib(1001)), Crossing::above);
  EXPECT_EQ(watch.look(mib(3000)), Crossing::none);
  EXPECT_EQ(watch.look(mib(999)), Crossing::none) << "what moves to and fro at the mark is one crossing";
  EXPECT_EQ(watch.look(mib(1001)), Crossing::none);
  EXPECT_EQ(watch.look(mib(900)), Crossing::below);
  EXPECT_EQ(watch.look(mib(1001)), Crossing::above);
}

}  // namespace
}  // namespace gatehouse::app
