// trees/steps.h — what each step does to a row whose slots stand in a workspace.
#pragma once
#include "forest_layout.h"
#include "gatehouse/base/result.h"
#include "gatehouse/trees/predictor.h"

namespace gatehouse::trees {

class Row {
 public:
  explicit Row(Workspace& workspace) : workspace_(workspace) {}

  Status run(const Scale& step);
  Status run(const Arithmetic& step);
  Status run(const Impute& step);
  Status run(const Normalise& step);
  Status run(const OneHot& step);
  Status run(const Lookup& step);
  Status run(const Convert& step);
  Status run(const Linear& step);
  Status run(const Forest& step, const ForestLayout& layout);

  // The columns that a forest looks at, one beside the other.
  const float* gathered(const Columns& columns, std::size_t floats);

 private:
  float number(const Columns& columns, std::size_t i) const {
    const std::uint32_t slot = columns.slots[i];
    return columns.kind == Kind::floats ? workspace_.floats[slot] : static_cast<float>(workspace_.ints[slot]);
  }
  void label(const Labels& labels, std::size_t which);

  Workspace& workspace_;
};

void apply(Transform transform, std::span<float> scores);

}  // namespace gatehouse::trees
