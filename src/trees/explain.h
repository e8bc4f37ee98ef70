// trees/explain.h — what each column did for a forest's sums: TreeSHAP, path-dependent.
// Rules    base + the contributions of a target is its sum for the row; columns that no node asks about have 0
// Threads  pure functions
// Source   Lundberg, Erion, Lee: Consistent Individualized Feature Attribution for Tree Ensembles (2018), algorithm 2
#pragma once
#include <vector>

#include "gatehouse/trees/plan.h"

namespace gatehouse::trees {

// The mean of each target over what the covers count, with the forest's base.
std::vector<double> expected_sums(const Forest& forest);
// [target][column of forest.from]. Before: the forest has covers.
std::vector<std::vector<double>> contributions_of(const Forest& forest, const float* row);

}  // namespace gatehouse::trees
