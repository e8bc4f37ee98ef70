#include "gatehouse/nlu/text.h"

#include <gmock/gmock.h>

namespace gatehouse::nlu {
namespace {

using wire::NluOffset;
using wire::OffsetUnit;

TEST(Text, CountsInThreeUnits) {
  const Text text("a谷😀é\U0002000Bz");
  EXPECT_EQ(text.size(), 6);
  struct Row {
    Place place;
    const char* slice;
    NluOffset utf16, byte;
  };
  const Row rows[] = {
      {{0, 1}, "a", {0, 1}, {0, 1}},
      {{1, 2}, "谷", {1, 2}, {1, 4}},
      {{2, 3}, "😀", {2, 4}, {4, 8}},
      {{3, 5}, "é\U0002000B", {4, 7}, {8, 14}},
      {{5, 6}, "z", {7, 8}, {14, 15}},
      {{6, 6}, "", {8, 8}, {15, 15}},
      {{0, 6}, "a谷😀é\U0002000Bz", {0, 8}, {0, 15}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(text.slice(row.place), row.slice);
    EXPECT_EQ(text.offset(row.place, OffsetUnit::codepoint), (NluOffset{row.place.begin, row.place.end})) << row.slice;
    EXPECT_EQ(text.offset(row.place, OffsetUnit::utf16), row.utf16) << row.slice;
    EXPECT_EQ(text.offset(row.place, OffsetUnit::byte), row.byte) << row.slice;
  }
}

TEST(Text, CountsEachByteThatIsNotUtf8) {
  const Text text("\xE8\xB0谷\xFF");
  EXPECT_EQ(text.size(), 4);
  EXPECT_EQ(text.slice({2, 3}), "谷");
  EXPECT_EQ(Text("").size(), 0);
}

}  // namespace
}  // namespace gatehouse::nlu
