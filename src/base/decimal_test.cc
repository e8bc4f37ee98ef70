#include "gatehouse/base/decimal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace gatehouse {
namespace {

TEST(Decimal, IsReadExactly) {
  EXPECT_EQ(parse_decimal("12.5", 9), 12'500'000'000);
  EXPECT_EQ(parse_decimal("0.000000001", 9), 1);
  EXPECT_EQ(parse_decimal("0.15", 3), 150);
  EXPECT_EQ(parse_decimal("7", 0), 7);
  EXPECT_EQ(parse_decimal("7.000", 0), 7) << "no decimals but zeros";
  EXPECT_EQ(parse_decimal("007.10", 1), 71);
  EXPECT_EQ(parse_decimal("1000000000", 9), 1'000'000'000'000'000'000);
  EXPECT_EQ(parse_decimal("999999999.999999999", 9), 999'999'999'999'999'999);
}

TEST(Decimal, IsNothingThatHasMoreDecimalsOrIsNone) {
  for (const char* text : {"", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "0.0001", "1.2.3", " 1", "nan", "1000000000000001"}) {
    EXPECT_EQ(parse_decimal(text, 3), std::nullopt) << text;
  }
  EXPECT_EQ(parse_decimal("1000000000.000000001", 9), std::nullopt);
}

TEST(Decimal, OfADoubleIsWhatWasWritten) {
  EXPECT_EQ(parse_decimal(0.1, 9), 100'000'000);
  EXPECT_EQ(parse_decimal(0.15, 3), 150);
  EXPECT_EQ(parse_decimal(1.005, 3), 1005);
  EXPECT_EQ(parse_decimal(1e-9, 9), 1);
  EXPECT_EQ(parse_decimal(123456.123456789, 9), 123'456'123'456'789);
  EXPECT_EQ(parse_decimal(1e9, 9), 1'000'000'000'000'000'000);
  EXPECT_EQ(parse_decimal(0.1234, 3), std::nullopt);
  EXPECT_EQ(parse_decimal(-0.5, 3), std::nullopt);
  EXPECT_EQ(parse_decimal(5e-324, 9), std::nullopt);
  EXPECT_EQ(parse_decimal(1e300, 0), std::nullopt);
  EXPECT_EQ(parse_decimal(std::nan(""), 3), std::nullopt);
  EXPECT_EQ(parse_decimal(std::numeric_limits<double>::infinity(), 3), std::nullopt);
}

TEST(Decimal, IsWrittenWithNoMoreDecimalsThanItTakes) {
  EXPECT_EQ(decimal_text(12'500'000'000, 9), "12.5");
  EXPECT_EQ(decimal_text(1, 9), "0.000000001");
  EXPECT_EQ(decimal_text(0, 9), "0");
  EXPECT_EQ(decimal_text(3'000'000'000, 9), "3");
  EXPECT_EQ(decimal_text(150, 3), "0.15");
  EXPECT_EQ(decimal_text(42, 0), "42");
  for (const std::int64_t units : {1L, 10L, 999'999'999L, 1'000'000'001L, 1'000'000'000'000'000'000L}) {
    EXPECT_EQ(parse_decimal(decimal_text(units, 9), 9), units);
  }
}

}  // namespace
}  // namespace gatehouse
