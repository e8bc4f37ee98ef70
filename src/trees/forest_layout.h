// trees/forest_layout.h — a forest that computes: small trees whole and side by side, deep ones node by node.
// Threads  const from any thread; the two vectors are the caller's own
#pragma once
#include <optional>
#include <vector>

#include "gatehouse/trees/plan.h"
#include "tree_scan.h"

namespace gatehouse::trees {

class ForestLayout {
 public:
  // Before: check_plan accepts the plan that the forest is of, and the forest stays where it is.
  explicit ForestLayout(const Forest& forest, const TreeScan& scan = widest_tree_scan());

  // How many floats may be read from row on; more than its columns where vectors are filled from it.
  std::size_t row_floats() const { return row_floats_; }
  // The sums of the leaves' weights in the order of the trees, forest.width of them, without the base.
  void sum(const float* row, std::vector<float>& sums) const;

  // The node that is next, of this one.
  static std::uint32_t next(const Forest& forest, std::uint32_t node, float value) {
    const bool first =
        value <= forest.thresholds[node] || (value != value && !forest.missing_first.empty() && forest.missing_first[node] != 0);
    return first ? forest.first[node] : forest.second[node];
  }

 private:
  void lay_out(std::uint32_t depth);
  void place(std::size_t tree, std::size_t at, std::uint32_t node, std::uint32_t level);
  void sum_whole(const float* row, std::vector<float>& sums) const;
  void sum_node_by_node(const float* row, std::vector<float>& sums) const;

  const Forest& forest_;
  const TreeScan& scan_;
  std::optional<WholeTrees> whole_;
  std::size_t stride_ = 0;           // weights of a leaf, filled up
  std::vector<float> leaf_weights_;  // [tree][leaf][stride]
  std::size_t row_floats_;
};

}  // namespace gatehouse::trees
