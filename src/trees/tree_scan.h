// trees/tree_scan.h — where a row ends in many small trees, each as a whole binary tree; compiled for several widths of the machine's
// vectors.
// Rules    trees come in groups of 16, a node of all of them side by side; the last group is filled up with trees of one answer
//          All widths find the same leaves. No number goes to the second child
// Threads  pure functions; the choice is made once
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gatehouse::trees {

inline constexpr std::size_t trees_a_group = 16;

struct WholeTrees {
  std::uint32_t depth = 0;  // of all; nodes: 2^depth − 1 a tree, leaves: 2^depth
  std::uint32_t groups = 0;
  std::uint32_t columns = 0;
  std::vector<std::int32_t> features;  // [group][node][tree]
  std::vector<float> thresholds;
};

struct TreeScan {
  const char* name;
  // Of each tree the leaf, from 0, that the row ends in. row: as long as columns; 16 floats may be read where those are fewer, or 32.
  void (*leaves)(const WholeTrees& trees, const float* row, std::uint32_t* leaves);
};

// What this machine can run, the widest last; the first runs everywhere.
std::span<const TreeScan> tree_scans();
inline const TreeScan& widest_tree_scan() { return tree_scans().back(); }

}  // namespace gatehouse::trees
