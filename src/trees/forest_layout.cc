#include "forest_layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>

namespace gatehouse::trees {
namespace {

constexpr std::uint32_t deepest_whole = 8;
constexpr std::size_t most_whole_floats = std::size_t{4} << 20U;  // 16 MB
constexpr std::size_t vector_floats = 16;

using Pair [[gnu::vector_size(8)]] = float;
using Quarter [[gnu::vector_size(16)]] = float;

// Onto the sums the weights of each tree's leaf, in the order of the trees; as many sums at once as stay in one register.
template <class Lanes>
void add_leaves(const float* weights, std::size_t tree_floats, std::size_t stride, std::span<const std::uint32_t> leaves, float* sums) {
  Lanes total, more;
  std::memcpy(&total, sums, sizeof total);
  for (const std::uint32_t leaf : leaves) {
    std::memcpy(&more, weights + leaf * stride, sizeof more);
    total += more;
    weights += tree_floats;
  }
  std::memcpy(sums, &total, sizeof total);
}

std::uint32_t depth_of(const Forest& forest) {
  std::vector<std::uint32_t> depths(forest.first.size(), 0);
  std::uint32_t deepest = 0;
  for (std::size_t i = 0; i < depths.size(); ++i) {  // children stand after their parent
    if (forest.first[i] == i) continue;
    depths[forest.first[i]] = depths[forest.second[i]] = depths[i] + 1;
    deepest = std::max(deepest, depths[i] + 1);
  }
  return deepest;
}

std::size_t stride_for(std::size_t width) { return width <= 2 ? width : (width + 3) / 4 * 4; }

}  // namespace

ForestLayout::ForestLayout(const Forest& forest, const TreeScan& scan)
    : forest_(forest), scan_(scan), row_floats_(forest.from.slots.size()) {
  const std::uint32_t depth = std::max(depth_of(forest), 1U);
  if (depth > deepest_whole) return;
  stride_ = stride_for(forest.width);
  const std::size_t groups = (forest.roots.size() + trees_a_group - 1) / trees_a_group;
  if (groups * trees_a_group > (most_whole_floats >> depth) / (stride_ + 2)) return;
  lay_out(depth);
}

void ForestLayout::lay_out(std::uint32_t depth) {
  WholeTrees& whole = whole_.emplace();
  whole.depth = depth;
  whole.groups = static_cast<std::uint32_t>((forest_.roots.size() + trees_a_group - 1) / trees_a_group);
  whole.columns = static_cast<std::uint32_t>(forest_.from.slots.size());
  if (row_floats_ <= 2 * vector_floats) row_floats_ = (row_floats_ + vector_floats - 1) / vector_floats * vector_floats;
  const std::size_t nodes = ((std::size_t{1} << depth) - 1) * trees_a_group * whole.groups;
  whole.features.assign(nodes, 0);
  whole.thresholds.assign(nodes, std::numeric_limits<float>::infinity());
  leaf_weights_.assign((forest_.roots.size() << depth) * stride_, 0);
  for (std::size_t tree = 0; tree < forest_.roots.size(); ++tree) place(tree, 0, forest_.roots[tree], 0);
}

// A leaf that comes early is what both children are, down to the last level.
void ForestLayout::place(std::size_t tree, std::size_t at, std::uint32_t node, std::uint32_t level) {
  const std::size_t nodes = (std::size_t{1} << whole_->depth) - 1;
  if (level == whole_->depth) {
    float* weights = leaf_weights_.data() + ((tree << whole_->depth) + at - nodes) * stride_;
    for (std::uint32_t i = forest_.weights_begin[node]; i < forest_.weights_begin[node + 1]; ++i)
      weights[forest_.targets[i]] += forest_.weights[i];
    return;
  }
  if (forest_.first[node] != node) {
    const std::size_t here = (tree / trees_a_group * nodes + at) * trees_a_group + tree % trees_a_group;
    whole_->features[here] = static_cast<std::int32_t>(forest_.features[node]);
    whole_->thresholds[here] = forest_.thresholds[node];
  }
  place(tree, 2 * at + 1, forest_.first[node], level + 1);
  place(tree, 2 * at + 2, forest_.second[node], level + 1);
}

void ForestLayout::sum(const float* row, std::vector<float>& sums) const {
  const bool some_missing =
      !forest_.missing_first.empty() && std::any_of(row, row + forest_.from.slots.size(), [](float one) { return std::isnan(one); });
  if (whole_ && !some_missing) {
    sum_whole(row, sums);
  } else {
    sum_node_by_node(row, sums);
  }
}

// Group by group: the leaves of one are added, each after the other, while the next group is looked at.
void ForestLayout::sum_whole(const float* row, std::vector<float>& sums) const {
  sums.assign(stride_, 0);
  const std::size_t tree_floats = stride_ << whole_->depth;
  const float* weights = leaf_weights_.data();
  std::array<std::uint32_t, trees_a_group> leaves;
  for (std::size_t tree = 0; tree < forest_.roots.size(); tree += trees_a_group, weights += trees_a_group * tree_floats) {
    scan_.leaves(*whole_, static_cast<std::uint32_t>(tree / trees_a_group), row, leaves.data());
    const std::span<const std::uint32_t> each = std::span(leaves).first(std::min(trees_a_group, forest_.roots.size() - tree));
    if (stride_ == 1) {
      add_leaves<float>(weights, tree_floats, stride_, each, sums.data());
    } else if (stride_ == 2) {
      add_leaves<Pair>(weights, tree_floats, stride_, each, sums.data());
    } else {
      for (std::size_t k = 0; k < stride_; k += 4) add_leaves<Quarter>(weights + k, tree_floats, stride_, each, sums.data() + k);
    }
  }
}

void ForestLayout::sum_node_by_node(const float* row, std::vector<float>& sums) const {
  sums.assign(forest_.width, 0);
  for (const std::uint32_t root : forest_.roots) {
    std::uint32_t node = root;
    while (forest_.first[node] != node) node = next(forest_, node, row[forest_.features[node]]);
    for (std::uint32_t i = forest_.weights_begin[node]; i < forest_.weights_begin[node + 1]; ++i)
      sums[forest_.targets[i]] += forest_.weights[i];
  }
}

}  // namespace gatehouse::trees
