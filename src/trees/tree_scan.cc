#include "tree_scan.h"

#include <immintrin.h>

#include <array>

namespace gatehouse::trees {
namespace {

constexpr std::uint32_t group_width = trees_a_group;

std::size_t nodes_of(const WholeTrees& trees) { return (std::size_t{1} << trees.depth) - 1; }

// Sixteen trees at once, so that the answer of one is not waited for before the next is asked.
void leaves_plain(const WholeTrees& trees, const float* row, std::uint32_t* leaves) {
  const std::size_t nodes = nodes_of(trees);
  for (std::uint32_t group = 0; group < trees.groups; ++group) {
    const std::int32_t* features = trees.features.data() + group * nodes * group_width;
    const float* thresholds = trees.thresholds.data() + group * nodes * group_width;
    std::array<std::uint32_t, group_width> at{};
    for (std::uint32_t level = 0; level < trees.depth; ++level) {
      for (std::uint32_t tree = 0; tree < group_width; ++tree) {
        const std::size_t node = at[tree] * group_width + tree;
        at[tree] = 2 * at[tree] + (row[features[node]] <= thresholds[node] ? 1U : 2U);
      }
    }
    for (std::uint32_t tree = 0; tree < group_width; ++tree) *leaves++ = at[tree] - static_cast<std::uint32_t>(nodes);
  }
}

// Of trees that are so shallow all nodes are looked at: that takes less than to fetch the one that matters from where it lies.
constexpr std::uint32_t deepest_asked_whole = 3;
constexpr std::size_t most_asked = (std::size_t{1} << deepest_asked_whole) - 1, widest_level = std::size_t{1} << (deepest_asked_whole - 1);

[[gnu::target("avx2,fma"), gnu::always_inline]] inline __m256i chosen(__m256i second, __m256i first, __m256 went_first) {
  return _mm256_castps_si256(_mm256_blendv_ps(_mm256_castsi256_ps(second), _mm256_castsi256_ps(first), went_first));
}

// A register each: templates forget what else is said of its bare type.
struct Words {
  __m256i lanes;
};
struct Floats {
  __m256 lanes;
};

// Level by level: of its nodes those that each tree has come to, by the answers above.
template <std::uint32_t depth>
[[gnu::target("avx2,fma"), gnu::always_inline]] inline __m256i narrow_down(const float* row, const std::int32_t* features,
                                                                           const float* thresholds) {
  const __m256i one = _mm256_set1_epi32(1);
  __m256i leaf = _mm256_setzero_si256();
  std::array<Floats, deepest_asked_whole> went_first{};  // by level
  for (std::uint32_t level = 0; level < depth; ++level) {
    std::array<Words, widest_level> feature{};
    std::array<Floats, widest_level> threshold{};
    const std::size_t nodes = std::size_t{1} << level, begin = (nodes - 1) * group_width;
    for (std::size_t i = 0; i < nodes; ++i) {
      feature[i].lanes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(features + begin + i * group_width));
      threshold[i].lanes = _mm256_loadu_ps(thresholds + begin + i * group_width);
    }
    for (std::uint32_t above = 0; above < level; ++above) {
      const std::size_t half = std::size_t{1} << (level - above - 1);
      for (std::size_t i = 0; i < half; ++i) {
        feature[i].lanes = chosen(feature[i + half].lanes, feature[i].lanes, went_first[above].lanes);
        threshold[i].lanes = _mm256_blendv_ps(threshold[i + half].lanes, threshold[i].lanes, went_first[above].lanes);
      }
    }
    went_first[level].lanes = _mm256_cmp_ps(_mm256_i32gather_ps(row, feature[0].lanes, 4), threshold[0].lanes, _CMP_LE_OQ);
    leaf = _mm256_add_epi32(_mm256_add_epi32(leaf, leaf), _mm256_add_epi32(one, _mm256_castps_si256(went_first[level].lanes)));
  }
  return leaf;
}

template <std::uint32_t depth>
[[gnu::target("avx2,fma")]] void shallow_leaves_avx2(const WholeTrees& trees, const float* row, std::uint32_t* leaves) {
  const std::size_t nodes = nodes_of(trees);
  for (std::uint32_t group = 0; group < trees.groups; ++group) {
    for (std::uint32_t half = 0; half < group_width; half += 8) {
      const std::size_t begin = group * nodes * group_width + half;
      const __m256i found = narrow_down<depth>(row, trees.features.data() + begin, trees.thresholds.data() + begin);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(leaves), found);
      leaves += 8;
    }
  }
}

[[gnu::target("avx2,fma")]] void leaves_avx2(const WholeTrees& trees, const float* row, std::uint32_t* leaves) {
  if (trees.depth == 1) return shallow_leaves_avx2<1>(trees, row, leaves);
  if (trees.depth == 2) return shallow_leaves_avx2<2>(trees, row, leaves);
  if (trees.depth == 3) return shallow_leaves_avx2<3>(trees, row, leaves);
  const std::size_t nodes = nodes_of(trees);
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), two = _mm256_set1_epi32(2);
  const bool in_register = trees.columns <= 8;
  const __m256 held = in_register ? _mm256_loadu_ps(row) : _mm256_setzero_ps();
  for (std::uint32_t group = 0; group < trees.groups; ++group) {
    for (std::uint32_t half = 0; half < group_width; half += 8) {
      const std::int32_t* features = trees.features.data() + group * nodes * group_width + half;
      const float* thresholds = trees.thresholds.data() + group * nodes * group_width + half;
      __m256i at = _mm256_setzero_si256();
      for (std::uint32_t level = 0; level < trees.depth; ++level) {
        const __m256i place = _mm256_add_epi32(_mm256_slli_epi32(at, 4), lanes);
        const __m256i feature = _mm256_i32gather_epi32(features, place, 4);
        const __m256 threshold = _mm256_i32gather_ps(thresholds, place, 4);
        const __m256 value = in_register ? _mm256_permutevar8x32_ps(held, feature) : _mm256_i32gather_ps(row, feature, 4);
        const __m256i first = _mm256_castps_si256(_mm256_cmp_ps(value, threshold, _CMP_LE_OQ));  // −1 where it goes first
        at = _mm256_add_epi32(_mm256_add_epi32(_mm256_add_epi32(at, at), two), first);
      }
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(leaves), _mm256_sub_epi32(at, _mm256_set1_epi32(static_cast<int>(nodes))));
      leaves += 8;
    }
  }
}

// Up to 32 columns stand in two registers, from which sixteen nodes take theirs in one step.
struct HeldRow {
  const float* row;
  std::uint32_t columns;
  __m512 low, high;
};

[[gnu::target("avx512f,avx512vl"), gnu::always_inline]] inline HeldRow hold_row(const float* row, std::uint32_t columns) {
  const __m512 none = _mm512_setzero_ps();
  return {row, columns, columns <= 32 ? _mm512_loadu_ps(row) : none, columns > 16 && columns <= 32 ? _mm512_loadu_ps(row + 16) : none};
}

[[gnu::target("avx512f,avx512vl"), gnu::always_inline]] inline __m512 values_of(const HeldRow& held, __m512i feature) {
  if (held.columns <= 16) return _mm512_permutexvar_ps(feature, held.low);
  if (held.columns <= 32) return _mm512_permutex2var_ps(held.low, feature, held.high);
  return _mm512_i32gather_ps(feature, held.row, 4);
}

[[gnu::target("avx512f,avx512vl"), gnu::always_inline]] inline __m512i ask_all(const WholeTrees& trees, const HeldRow& held,
                                                                               const std::int32_t* features, const float* thresholds) {
  std::array<std::uint32_t, most_asked> first{};  // by node: a bit a tree
  const std::size_t nodes = nodes_of(trees);
  for (std::size_t node = 0; node < nodes; ++node) {
    const __m512 value = values_of(held, _mm512_loadu_si512(features + node * group_width));
    first[node] = _mm512_cmp_ps_mask(value, _mm512_loadu_ps(thresholds + node * group_width), _CMP_LE_OQ);
  }
  __m512i leaf = _mm512_setzero_si512();
  std::array<std::uint32_t, deepest_asked_whole> went_first{};  // by level
  for (std::uint32_t level = 0; level < trees.depth; ++level) {
    std::uint32_t* const answers = first.data() + ((std::size_t{1} << level) - 1);
    for (std::uint32_t above = 0; above < level; ++above) {
      const std::size_t half = std::size_t{1} << (level - above - 1);
      for (std::size_t i = 0; i < half; ++i) answers[i] = (answers[i] & went_first[above]) | (answers[i + half] & ~went_first[above]);
    }
    went_first[level] = answers[0];
    const auto second = static_cast<__mmask16>(~answers[0]);
    leaf = _mm512_mask_add_epi32(leaf, second, leaf, _mm512_set1_epi32(1 << (trees.depth - level - 1)));
  }
  return leaf;
}

[[gnu::target("avx512f,avx512vl"), gnu::always_inline]] inline __m512i walk_down(const WholeTrees& trees, const HeldRow& held,
                                                                                 const std::int32_t* features, const float* thresholds) {
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i one = _mm512_set1_epi32(1), two = _mm512_set1_epi32(2);
  __m512i at = _mm512_setzero_si512();
  for (std::uint32_t level = 0; level < trees.depth; ++level) {
    const __m512i place = _mm512_add_epi32(_mm512_slli_epi32(at, 4), lanes);
    const __m512i feature = level == 0 ? _mm512_loadu_si512(features) : _mm512_i32gather_epi32(place, features, 4);
    const __m512 threshold = level == 0 ? _mm512_loadu_ps(thresholds) : _mm512_i32gather_ps(place, thresholds, 4);
    const __mmask16 first = _mm512_cmp_ps_mask(values_of(held, feature), threshold, _CMP_LE_OQ);
    const __m512i second = _mm512_add_epi32(_mm512_add_epi32(at, at), two);
    at = _mm512_mask_sub_epi32(second, first, second, one);
  }
  return _mm512_sub_epi32(at, _mm512_set1_epi32(static_cast<int>(nodes_of(trees))));
}

[[gnu::target("avx512f,avx512vl")]] void leaves_avx512(const WholeTrees& trees, const float* row, std::uint32_t* leaves) {
  const std::size_t nodes = nodes_of(trees);
  const HeldRow held = hold_row(row, trees.columns);
  for (std::uint32_t group = 0; group < trees.groups; ++group) {
    const std::int32_t* features = trees.features.data() + group * nodes * group_width;
    const float* thresholds = trees.thresholds.data() + group * nodes * group_width;
    const bool shallow = trees.depth <= deepest_asked_whole;
    _mm512_storeu_si512(leaves, shallow ? ask_all(trees, held, features, thresholds) : walk_down(trees, held, features, thresholds));
    leaves += group_width;
  }
}

constexpr std::array all_tree_scans{
    TreeScan{"plain", &leaves_plain},
    TreeScan{"AVX2", &leaves_avx2},
    TreeScan{"AVX-512", &leaves_avx512},
};

std::size_t count_tree_scans() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 1;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") ? 3 : 2;
}

}  // namespace

std::span<const TreeScan> tree_scans() {
  static const std::size_t count = count_tree_scans();
  return std::span(all_tree_scans).first(count);
}

}  // namespace gatehouse::trees
