#include "tree_scan.h"

#include <immintrin.h>

#include <array>

namespace gatehouse::trees {
namespace {

constexpr std::uint32_t group_width = trees_a_group;

std::size_t nodes_of(const WholeTrees& trees) { return (std::size_t{1} << trees.depth) - 1; }

// Sixteen trees at once, so that the answer of one is not waited for before the next is asked.
void leaves_plain(const WholeTrees& trees, std::uint32_t group, const float* row, std::uint32_t* leaves) {
  const std::size_t nodes = nodes_of(trees);
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

// Near the root all nodes of a level are loaded, and those that matter chosen by the answers above: that takes less than to fetch them
// one by one from where they lie.
constexpr std::uint32_t levels_chosen = 4;

// A register each: templates forget what else is said of its bare type.
struct Floats {
  __m256 lanes;
};
struct AnswersAvx2 {
  std::array<Floats, levels_chosen> first;  // by level: all bits where it goes first
};

// Up to 32 columns stand in registers, from which eight nodes take theirs in a few steps.
struct HeldRowAvx2 {
  const float* row;
  std::uint32_t columns;
  std::array<Floats, 4> held;
};

[[gnu::target("avx2,fma"), gnu::always_inline]] inline HeldRowAvx2 hold_row_avx2(const float* row, std::uint32_t columns) {
  HeldRowAvx2 it{row, columns, {}};
  if (columns > 32) return it;
  for (std::size_t i = 0; i < it.held.size() && (i == 0 || i * 8 < columns); ++i) it.held[i].lanes = _mm256_loadu_ps(row + i * 8);
  return it;
}

[[gnu::target("avx2,fma"), gnu::always_inline]] inline __m256 values_of(const HeldRowAvx2& row, __m256i feature) {
  if (row.columns > 32) return _mm256_i32gather_ps(row.row, feature, 4);
  const __m256 lowest = _mm256_permutevar8x32_ps(row.held[0].lanes, feature);
  if (row.columns <= 8) return lowest;
  const __m256 eights = _mm256_castsi256_ps(_mm256_slli_epi32(feature, 28));  // whose sign is the bit of 8
  const __m256 low = _mm256_blendv_ps(lowest, _mm256_permutevar8x32_ps(row.held[1].lanes, feature), eights);
  if (row.columns <= 16) return low;
  const __m256 high =
      _mm256_blendv_ps(_mm256_permutevar8x32_ps(row.held[2].lanes, feature), _mm256_permutevar8x32_ps(row.held[3].lanes, feature), eights);
  return _mm256_blendv_ps(low, high, _mm256_castsi256_ps(_mm256_slli_epi32(feature, 27)));
}

template <std::uint32_t level, std::uint32_t above = 0>
[[gnu::target("avx2,fma"), gnu::always_inline]] inline __m256 chosen(const float* nodes, const AnswersAvx2& answers) {
  if constexpr (above == level) {
    return _mm256_loadu_ps(nodes);
  } else {
    constexpr std::size_t half = (std::size_t{1} << (level - above - 1)) * group_width;
    return _mm256_blendv_ps(chosen<level, above + 1>(nodes + half, answers), chosen<level, above + 1>(nodes, answers),
                            answers.first[above].lanes);
  }
}

// Where eight trees are after so many levels, counted from the first node of that level.
template <std::uint32_t levels, std::uint32_t level = 0>
[[gnu::target("avx2,fma"), gnu::always_inline]] inline __m256i choose_down(const HeldRowAvx2& row, const std::int32_t* features,
                                                                           const float* thresholds, AnswersAvx2& answers, __m256i at) {
  if constexpr (level == levels) {
    return at;
  } else {
    constexpr std::size_t begin = ((std::size_t{1} << level) - 1) * group_width;
    const __m256i feature = _mm256_castps_si256(chosen<level>(reinterpret_cast<const float*>(features) + begin, answers));
    const __m256 first = _mm256_cmp_ps(values_of(row, feature), chosen<level>(thresholds + begin, answers), _CMP_LE_OQ);
    answers.first[level].lanes = first;
    const __m256i second = _mm256_add_epi32(_mm256_set1_epi32(1), _mm256_castps_si256(first));  // 0 where it goes first
    return choose_down<levels, level + 1>(row, features, thresholds, answers, _mm256_add_epi32(_mm256_add_epi32(at, at), second));
  }
}

template <std::uint32_t levels>
[[gnu::target("avx2,fma")]] void leaves_avx2_from(const WholeTrees& trees, std::uint32_t group, const float* row, std::uint32_t* leaves) {
  const std::size_t nodes = nodes_of(trees);
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), two = _mm256_set1_epi32(2);
  const HeldRowAvx2 held = hold_row_avx2(row, trees.columns);
  for (std::uint32_t half = 0; half < group_width; half += 8) {
    const std::int32_t* features = trees.features.data() + group * nodes * group_width + half;
    const float* thresholds = trees.thresholds.data() + group * nodes * group_width + half;
    AnswersAvx2 answers{};
    const __m256i reached = choose_down<levels>(held, features, thresholds, answers, _mm256_setzero_si256());
    __m256i at = _mm256_add_epi32(reached, _mm256_set1_epi32((1 << levels) - 1));
    for (std::uint32_t level = levels; level < trees.depth; ++level) {
      const __m256i place = _mm256_add_epi32(_mm256_slli_epi32(at, 4), lanes);
      const __m256i feature = _mm256_i32gather_epi32(features, place, 4);
      const __m256 threshold = _mm256_i32gather_ps(thresholds, place, 4);
      const __m256i first = _mm256_castps_si256(_mm256_cmp_ps(values_of(held, feature), threshold, _CMP_LE_OQ));  // −1 where it goes first
      at = _mm256_add_epi32(_mm256_add_epi32(_mm256_add_epi32(at, at), two), first);
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(leaves), _mm256_sub_epi32(at, _mm256_set1_epi32(static_cast<int>(nodes))));
    leaves += 8;
  }
}

[[gnu::target("avx2,fma")]] void leaves_avx2(const WholeTrees& trees, std::uint32_t group, const float* row, std::uint32_t* leaves) {
  if (trees.depth == 1) return leaves_avx2_from<1>(trees, group, row, leaves);
  if (trees.depth == 2) return leaves_avx2_from<2>(trees, group, row, leaves);
  if (trees.depth == 3) return leaves_avx2_from<3>(trees, group, row, leaves);
  return leaves_avx2_from<levels_chosen>(trees, group, row, leaves);
}

struct HeldRowAvx512 {
  const float* row;
  std::uint32_t columns;
  __m512 low, high;
};
using AnswersAvx512 = std::array<__mmask16, levels_chosen>;

[[gnu::target("avx512f,avx512vl"), gnu::always_inline]] inline HeldRowAvx512 hold_row_avx512(const float* row, std::uint32_t columns) {
  const __m512 none = _mm512_setzero_ps();
  return {row, columns, columns <= 32 ? _mm512_loadu_ps(row) : none, columns > 16 && columns <= 32 ? _mm512_loadu_ps(row + 16) : none};
}

[[gnu::target("avx512f,avx512vl"), gnu::always_inline]] inline __m512 values_of(const HeldRowAvx512& held, __m512i feature) {
  if (held.columns <= 16) return _mm512_permutexvar_ps(feature, held.low);
  if (held.columns <= 32) return _mm512_permutex2var_ps(held.low, feature, held.high);
  return _mm512_i32gather_ps(feature, held.row, 4);
}

template <std::uint32_t level, std::uint32_t above = 0>
[[gnu::target("avx512f,avx512vl"), gnu::always_inline]] inline __m512 chosen(const float* nodes, const AnswersAvx512& answers) {
  if constexpr (above == level) {
    return _mm512_loadu_ps(nodes);
  } else {
    constexpr std::size_t half = (std::size_t{1} << (level - above - 1)) * group_width;
    return _mm512_mask_blend_ps(answers[above], chosen<level, above + 1>(nodes + half, answers), chosen<level, above + 1>(nodes, answers));
  }
}

// Where sixteen trees are after so many levels, counted from the first node of that level.
template <std::uint32_t levels, std::uint32_t level = 0>
[[gnu::target("avx512f,avx512vl"), gnu::always_inline]] inline __m512i choose_down(const HeldRowAvx512& row, const std::int32_t* features,
                                                                                   const float* thresholds, AnswersAvx512& answers,
                                                                                   __m512i at) {
  if constexpr (level == levels) {
    return at;
  } else {
    constexpr std::size_t begin = ((std::size_t{1} << level) - 1) * group_width;
    const __m512i feature = _mm512_castps_si512(chosen<level>(reinterpret_cast<const float*>(features) + begin, answers));
    answers[level] = _mm512_cmp_ps_mask(values_of(row, feature), chosen<level>(thresholds + begin, answers), _CMP_LE_OQ);
    const __m512i next = _mm512_add_epi32(at, at);
    return choose_down<levels, level + 1>(row, features, thresholds, answers,
                                          _mm512_mask_add_epi32(next, static_cast<__mmask16>(~answers[level]), next, _mm512_set1_epi32(1)));
  }
}

template <std::uint32_t levels>
[[gnu::target("avx512f,avx512vl")]] void leaves_avx512_from(const WholeTrees& trees, std::uint32_t group, const float* row,
                                                            std::uint32_t* leaves) {
  const std::size_t nodes = nodes_of(trees);
  const HeldRowAvx512 held = hold_row_avx512(row, trees.columns);
  const std::int32_t* features = trees.features.data() + group * nodes * group_width;
  const float* thresholds = trees.thresholds.data() + group * nodes * group_width;
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i one = _mm512_set1_epi32(1), two = _mm512_set1_epi32(2);
  AnswersAvx512 answers{};
  const __m512i reached = choose_down<levels>(held, features, thresholds, answers, _mm512_setzero_si512());
  __m512i at = _mm512_add_epi32(reached, _mm512_set1_epi32((1 << levels) - 1));
  for (std::uint32_t level = levels; level < trees.depth; ++level) {
    const __m512i place = _mm512_add_epi32(_mm512_slli_epi32(at, 4), lanes);
    const __m512i feature = _mm512_i32gather_epi32(place, features, 4);
    const __m512 threshold = _mm512_i32gather_ps(place, thresholds, 4);
    const __mmask16 first = _mm512_cmp_ps_mask(values_of(held, feature), threshold, _CMP_LE_OQ);
    const __m512i second = _mm512_add_epi32(_mm512_add_epi32(at, at), two);
    at = _mm512_mask_sub_epi32(second, first, second, one);
  }
  _mm512_storeu_si512(leaves, _mm512_sub_epi32(at, _mm512_set1_epi32(static_cast<int>(nodes))));
}

[[gnu::target("avx512f,avx512vl")]] void leaves_avx512(const WholeTrees& trees, std::uint32_t group, const float* row,
                                                       std::uint32_t* leaves) {
  if (trees.depth == 1) return leaves_avx512_from<1>(trees, group, row, leaves);
  if (trees.depth == 2) return leaves_avx512_from<2>(trees, group, row, leaves);
  if (trees.depth == 3) return leaves_avx512_from<3>(trees, group, row, leaves);
  return leaves_avx512_from<levels_chosen>(trees, group, row, leaves);
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
