#include "row_scan.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

namespace gatehouse::adapters {
namespace {

// As wide as the widest registers; where they are narrower the compiler takes several. What is inlined takes the width of whom it is
// inlined into.
using Wide [[gnu::vector_size(64)]] = float;
using Half [[gnu::vector_size(32)]] = float;
using Quarter [[gnu::vector_size(16)]] = float;
using WideInts [[gnu::vector_size(64)]] = std::int32_t;
constexpr std::size_t lanes = sizeof(Wide) / sizeof(float);

// 2^n · 2^f, f in (0, 1], with the polynomial that meets 2^f at the seven Chebyshev nodes. For numbers and vectors of them.
template <class Float, class Int>
[[gnu::always_inline]] inline void exp_in_place(Float& x) {
  const Float least = Float{} - 80.0F;
  const Float t = (x > least ? x : least) * 1.44269504F;
  Int whole{};
  Float rounded{};
  if constexpr (std::is_same_v<Float, float>) {
    whole = static_cast<Int>(t) - 1;
    rounded = static_cast<Float>(whole);
  } else {
    whole = __builtin_convertvector(t, Int) - 1;
    rounded = __builtin_convertvector(whole, Float);
  }
  const Float f = t - rounded;
  const Float p = 1.0F + f * (0.693146944F +
                              f * (0.240230456F + f * (0.0554806292F + f * (0.00968418643F + f * (0.00123913318F + f * 0.000218657849F)))));
  const Int power = (whole + 127) << 23;
  Float scale;
  std::memcpy(&scale, &power, sizeof scale);
  x = p * scale;
}

// Where a is no number, b.
template <class Float>
[[gnu::always_inline]] inline void raise(Float& b, const Float& a) {
  b = a > b ? a : b;
}

template <class Part, class Whole>
[[gnu::always_inline]] inline void split(const Whole& whole, Part& low, Part& high) {
  static_assert(2 * sizeof(Part) == sizeof(Whole));
  std::memcpy(&low, &whole, sizeof low);
  std::memcpy(&high, reinterpret_cast<const char*>(&whole) + sizeof low, sizeof high);
}

[[gnu::always_inline]] inline float top_of(const float* values, std::size_t count) {
  Wide best = Wide{} + lowest, more;
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    std::memcpy(&more, values + i, sizeof more);
    raise(best, more);
  }
  Half low, high;
  split(best, low, high);
  raise(low, high);
  Quarter left, right;
  split(low, left, right);
  raise(left, right);
  float top = lowest;
  for (std::size_t lane = 0; lane < 4; ++lane) raise(top, static_cast<float>(left[lane]));
  for (; i < count; ++i) raise(top, values[i]);
  return top;
}

// A whole block needs no count, so that nothing of it is a loop.
[[gnu::always_inline]] inline float top_of_block(std::span<const float> row, std::size_t at) {
  return row.size() - at >= row_block ? top_of(row.data() + at, row_block) : top_of(row.data() + at, row.size() - at);
}

[[gnu::always_inline]] inline void tops_of(std::span<const float> row, std::span<float> tops) {
  for (std::size_t b = 0; b < tops.size(); ++b) tops[b] = top_of_block(row, b * row_block);
}

[[gnu::always_inline]] inline BlockTop highest_of(std::span<const float> row) {
  BlockTop best{0, lowest};
  for (std::size_t at = 0; at < row.size(); at += row_block) {
    const float top = top_of_block(row, at);
    if (top > best.top) best = {at / row_block, top};
  }
  return best;
}

[[gnu::always_inline]] inline double weight_of(std::span<const float> values, float top, float sharpness) {
  Wide sums{}, more;
  std::size_t i = 0;
  for (; i + lanes <= values.size(); i += lanes) {
    std::memcpy(&more, values.data() + i, sizeof more);
    more = (more - top) * sharpness;
    exp_in_place<Wide, WideInts>(more);
    sums += more;
  }
  Half low, high;
  split(sums, low, high);
  low += high;
  Quarter left, right;
  split(low, left, right);
  left += right;
  double sum = static_cast<double>(left[0] + left[1]) + static_cast<double>(left[2] + left[3]);
  for (; i < values.size(); ++i) sum += static_cast<double>(exp_negative((values[i] - top) * sharpness));
  return sum;
}

void tops_plain(std::span<const float> row, std::span<float> tops) { tops_of(row, tops); }
BlockTop highest_plain(std::span<const float> row) { return highest_of(row); }
double weight_plain(std::span<const float> values, float top, float sharpness) { return weight_of(values, top, sharpness); }

[[gnu::target("avx2,fma")]] void tops_avx2(std::span<const float> row, std::span<float> tops) { tops_of(row, tops); }
[[gnu::target("avx2,fma")]] BlockTop highest_avx2(std::span<const float> row) { return highest_of(row); }
[[gnu::target("avx2,fma")]] double weight_avx2(std::span<const float> values, float top, float sharpness) {
  return weight_of(values, top, sharpness);
}

[[gnu::target("avx512f,avx512vl")]] void tops_avx512(std::span<const float> row, std::span<float> tops) { tops_of(row, tops); }
[[gnu::target("avx512f,avx512vl")]] BlockTop highest_avx512(std::span<const float> row) { return highest_of(row); }
[[gnu::target("avx512f,avx512vl")]] double weight_avx512(std::span<const float> values, float top, float sharpness) {
  return weight_of(values, top, sharpness);
}

constexpr std::array all_scans{
    RowScan{"plain", &tops_plain, &highest_plain, &weight_plain},
    RowScan{"AVX2", &tops_avx2, &highest_avx2, &weight_avx2},
    RowScan{"AVX-512", &tops_avx512, &highest_avx512, &weight_avx512},
};

std::size_t count_scans() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 1;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") ? 3 : 2;
}

}  // namespace

std::span<const RowScan> row_scans() {
  static const std::size_t count = count_scans();
  return std::span(all_scans).first(count);
}

float exp_negative(float x) {
  exp_in_place<float, std::int32_t>(x);
  return x;
}

}  // namespace gatehouse::adapters
