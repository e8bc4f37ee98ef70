#include "gatehouse/base/text_writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace gatehouse {
namespace {

constexpr std::uint64_t greatest = std::numeric_limits<std::uint64_t>::max();

std::string in_digits(std::uint64_t number) {
  std::array<char, most_digits> digits{};
  return std::string(digits.data(), write_digits(digits.data(), number));
}

TEST(Digits, AreThoseOfTheNumber) {
  for (const std::uint64_t number :
       {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{42}, std::uint64_t{100}, std::uint64_t{123'456'789}, greatest}) {
    EXPECT_EQ(in_digits(number), std::to_string(number));
  }
}

TEST(Digits, GrowByOneAtEachPowerOfTen) {
  std::uint64_t power = 10;
  for (std::size_t digits = 2; digits <= most_digits; ++digits) {
    for (const std::uint64_t number : {power - 1, power, power + 1}) {
      EXPECT_EQ(digits_of(number), std::to_string(number).size()) << number;
      EXPECT_EQ(in_digits(number), std::to_string(number));
    }
    if (digits < most_digits) power *= 10;
  }
  for (unsigned bits = 0; bits < 64; ++bits) EXPECT_EQ(digits_of(greatest >> bits), std::to_string(greatest >> bits).size()) << bits;
}

TEST(TextWriter, WritesBehindWhatStandsThere) {
  std::string text = "RateLimit: ";
  TextWriter(text, 32).add("\"key\";r=").add(std::uint64_t{99}).add(";t=").add(std::uint64_t{0}).add("");
  EXPECT_EQ(text, "RateLimit: \"key\";r=99;t=0");
}

TEST(TextWriter, WritesMoreThanWasLikely) {
  std::string text = "a", expected = "a";
  {
    TextWriter writer(text, 0);
    for (std::uint64_t i = 0; i < 500; ++i) {
      writer.add("-piece-").add(greatest - i);
      expected.append("-piece-").append(std::to_string(greatest - i));
    }
    writer.add(std::string(10'000, 'b'));
  }
  EXPECT_EQ(text, expected + std::string(10'000, 'b'));
}

TEST(TextWriter, TakesBackWhatCameLater) {
  std::string text = "kept";
  TextWriter writer(text, 8);
  writer.add(", too");
  const std::size_t here = writer.size();
  writer.add("not this").add(std::uint64_t{1}).back_to(here);
  writer.finish();
  EXPECT_EQ(text, "kept, too");
  const std::string moved = std::move(text);
  EXPECT_EQ(moved, "kept, too") << "and the writer, which ends after that, has no part in it";
}

}  // namespace
}  // namespace gatehouse
