#include "body_room.h"

#include <gtest/gtest.h>

namespace gatehouse::net {
namespace {

constexpr std::size_t one_mib = 1024 * 1024;

TEST(BodyRoom, GrowsInStepsAndIsGivenBackWhenItGoes) {
  const auto rooms = std::make_shared<BodyRooms>(4 * one_mib);
  {
    BodyRoom one(rooms);
    EXPECT_TRUE(one.hold(1000));
    EXPECT_EQ(rooms->taken(), 0U) << "small bodies cost nothing";
    EXPECT_TRUE(one.hold(one_mib));
    const std::size_t taken = rooms->taken();
    EXPECT_GE(taken, one_mib);
    EXPECT_TRUE(one.hold(one_mib + 1));
    EXPECT_EQ(rooms->taken(), taken);
  }
  EXPECT_EQ(rooms->taken(), 0U);
}

TEST(BodyRoom, IsRefusedWhenAllTogetherWouldBeTooMuch) {
  const auto rooms = std::make_shared<BodyRooms>(4 * one_mib);
  BodyRoom one(rooms), two(rooms);
  EXPECT_TRUE(one.hold(3 * one_mib));
  EXPECT_FALSE(two.hold(2 * one_mib));
  EXPECT_TRUE(two.hold(one_mib / 2));
  one.leave();
  EXPECT_TRUE(two.hold(2 * one_mib));
}

}  // namespace
}  // namespace gatehouse::net
