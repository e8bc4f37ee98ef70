#include <gtest/gtest.h>

#include <vector>

#include "caps.h"

namespace gatehouse::net {
namespace {

using Answer = ConnectionCaps::Answer;

TEST(ConnectionCapsSet, IsForThoseWhoComeFromNowOn) {
  ConnectionCaps caps(2, 2);
  ASSERT_EQ(caps.admit("a"), Answer::granted);
  ASSERT_EQ(caps.admit("a"), Answer::granted);
  ASSERT_EQ(caps.admit("b"), Answer::over);
  caps.set(3, 2);
  EXPECT_EQ(caps.admit("a"), Answer::over) << "two from there are enough";
  EXPECT_EQ(caps.admit("b"), Answer::granted);
  caps.set(1, 1);
  EXPECT_EQ(caps.open(), 3U) << "nobody is sent away";
  caps.release("a", Answer::granted);
  EXPECT_EQ(caps.admit("c"), Answer::over);
  caps.release("a", Answer::granted);
  caps.release("b", Answer::granted);
  EXPECT_EQ(caps.admit("c"), Answer::granted);
}

}  // namespace
}  // namespace gatehouse::net
