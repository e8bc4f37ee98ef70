#include "row_scan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "gatehouse/base/random.h"

namespace gatehouse::adapters {
namespace {

constexpr float no_number = std::numeric_limits<float>::quiet_NaN();

std::vector<float> made_up(std::size_t size, std::uint64_t seed) {
  SeededRandom dice(seed);
  std::vector<float> row(size);
  for (float& value : row) {
    const std::uint64_t kind = dice.next_u64() % 50;
    value = kind == 0 ? no_number : kind == 1 ? lowest : static_cast<float>(dice.next_u64() >> 40) / 16777216.0F * 40.0F - 20.0F;
  }
  return row;
}

TEST(RowScan, FindsTheSameInEveryWidth) {
  constexpr std::uint64_t seed = 3;
  SCOPED_TRACE(seed);
  for (const RowScan& scan : row_scans()) {
    SCOPED_TRACE(scan.name);
    for (std::size_t size = 0; size < 300; ++size) {
      const std::vector<float> row = made_up(size, seed + size);
      std::vector<float> tops((size + row_block - 1) / row_block);
      scan.tops(row, tops);
      BlockTop best{0, lowest};
      for (std::size_t b = 0; b < tops.size(); ++b) {
        float top = lowest;
        for (std::size_t i = b * row_block; i < std::min(size, (b + 1) * row_block); ++i) top = row[i] > top ? row[i] : top;
        EXPECT_EQ(tops[b], top) << size;
        if (top > best.top) best = {b, top};
      }
      EXPECT_EQ(scan.highest(row).block, best.block) << size;
      EXPECT_EQ(scan.highest(row).top, best.top) << size;
    }
  }
}

TEST(RowScan, WeighsAlikeInEveryWidth) {
  constexpr std::uint64_t seed = 4;
  SCOPED_TRACE(seed);
  for (const RowScan& scan : row_scans()) {
    SCOPED_TRACE(scan.name);
    for (const std::size_t size : {0UL, 1UL, 15UL, 16UL, 17UL, 63UL, 64UL}) {
      const std::vector<float> row = made_up(size, seed + size);
      double sum = 0;
      for (const float value : row) sum += std::isnan(value) ? 0 : std::exp((static_cast<double>(value) - 20) * 0.7);
      EXPECT_NEAR(scan.weight(row, 20, 0.7F), sum, sum * 2e-6 + 1e-20) << size;
    }
  }
}

TEST(ExpNegative, IsRightToSevenDigits) {
  for (float x = 0; x > -60; x -= 0.0173F) {
    const double right = std::exp(static_cast<double>(x));
    EXPECT_NEAR(static_cast<double>(exp_negative(x)), right, right * 4e-6) << x;
  }
  EXPECT_NEAR(exp_negative(0), 1, 2e-7);
  EXPECT_LT(exp_negative(no_number), 1e-30F);
  EXPECT_LT(exp_negative(lowest), 1e-30F);
}

}  // namespace
}  // namespace gatehouse::adapters
