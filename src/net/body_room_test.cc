#include "body_room.h"

#include <gtest/gtest.h>

namespace gatehouse::net {
namespace {

constexpr std::size_t mib = 1024 * 1024;

TEST(BodyRoom, GrowsInStepsAndIsGivenBackWhenItGoes) {
  const auto rooms = std::make_shared<BodyRooms>(4 * mib);
  {
    BodyRoom one(rooms);
    EXPECT_TRUE(one.hold(1000));
    EXPECT_EQ(rooms->taken(), 0U) << "small bodies cost nothing";
    EXPECT_TRUE(one.hold(mib));
    const std::size_t taken = rooms->taken();
    EXPECT_GE(taken, mib);
    EXPECT_TRUE(one.hold(mib + 1));
    EXPECT_EQ(rooms->taken(), taken);
  }
  EXPECT_EQ(rooms->taken(), 0U);
}

TEST(BodyRoom, IsRefusedWhenAllTogetherWouldBeTooMuch) {
  const auto rooms = std::make_shared<BodyRooms>(4 * mib);
  BodyRoom one(rooms), two(rooms);
  EXPECT_TRUE(one.hold(3 * mib));
  EXPECT_FALSE(two.hold(2 * mib));
  EXPECT_TRUE(two.hold(mib / 2));
  one.leave();
  EXPECT_TRUE(two.hold(2 * mib));
}

}  // namespace
}  // namespace gatehouse::net
