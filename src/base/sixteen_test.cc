#include "gatehouse/base/sixteen.h"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse {
namespace {

TEST(Sixteen, SaysWhichIsTheFirst) {
  for (std::size_t at = 0; at < 16; ++at) {
    std::string text(16, 'a');
    text[at] = '\xe4';
    if (at < 15) text[15] = '\xe4';
    const auto found = sixteen_at(text.data()) == sixteen_times(0xe4);
    EXPECT_EQ(first_of(found), at);
    EXPECT_TRUE(any_of(found));
  }
}

TEST(Sixteen, SaysThatThereIsNone) {
  const std::string text = "0123456789abcdef";
  const auto found = sixteen_at(text.data()) < sixteen_times('0');
  EXPECT_EQ(first_of(found), 16U);
  EXPECT_FALSE(any_of(found));
}

TEST(Sixteen, CharactersAreCountedFromNothingTo255) {
  const std::string text = "0123456789abcde\xff";
  EXPECT_EQ(first_of(sixteen_at(text.data()) > sixteen_times(0x7f)), 15U);
}

}  // namespace
}  // namespace gatehouse
