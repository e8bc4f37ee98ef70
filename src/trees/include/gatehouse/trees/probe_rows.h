// trees/probe_rows.h — rows by which two ways to compute a plan are held against each other.
// Rules    each column takes in turn what matters to it: thresholds of trees and the numbers right beside, categories and strangers, what
//          stands for a missing value; and numbers in between. The same plan gives the same rows
// Threads  pure function
#pragma once
#include <vector>

#include "gatehouse/trees/plan.h"
#include "gatehouse/wire/tensor/tensor.h"

namespace gatehouse::trees {

// An input each, in the order of the plan: as many rows as it takes to come to everything, between 512 and 4,096.
std::vector<wire::Tensor> probe_rows(const Plan& plan);

}  // namespace gatehouse::trees
