// adapters/engine_llama/row_scan.h — the loops over a whole row of logits, each compiled for several widths of the machine's vectors.
// Rules    values that are no number count for nothing; a row's last block may be short
//          All widths find the same tops. Sums differ in their last digits, as the logits themselves do between machines
// Threads  pure functions; the choice is made once
#pragma once
#include <cstddef>
#include <limits>
#include <span>

namespace gatehouse::adapters {

inline constexpr std::size_t row_block = 64;
inline constexpr float lowest = -std::numeric_limits<float>::infinity();  // of a token that may not come

struct BlockTop {
  std::size_t block;
  float top;
};

struct RowScan {
  const char* name;
  // The highest value of each block, into tops.
  void (*tops)(std::span<const float> row, std::span<float> tops);
  // The first block that has the highest value of all.
  BlockTop (*highest)(std::span<const float> row);
  // The sum of e^((value - top) · sharpness), where no value is above top.
  double (*weight)(std::span<const float> values, float top, float sharpness);
};

// What this machine can run, the widest last; the first runs everywhere.
std::span<const RowScan> row_scans();
inline const RowScan& widest_row_scan() { return row_scans().back(); }

// e^x for x <= 0, to 1e-7 of it near 0 and 4e-6 at e^-60; next to nothing for what is no number.
float exp_negative(float x);

}  // namespace gatehouse::adapters
