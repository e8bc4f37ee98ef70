#include "work.h"

#include <algorithm>
#include <type_traits>

namespace gatehouse::trees {
namespace {

constexpr std::uint64_t of_any_row = 100, a_level = 2, a_way = 3;

// By node; children stand after their parent.
std::vector<std::uint32_t> depths_of(const Forest& forest) {
  std::vector<std::uint32_t> depths(forest.first.size(), 0);
  for (std::size_t i = 0; i < depths.size(); ++i) {
    if (forest.first[i] != i) depths[forest.first[i]] = depths[forest.second[i]] = depths[i] + 1;
  }
  return depths;
}

std::uint64_t work_of_step(const Forest& forest) {
  const std::vector<std::uint32_t> depths = depths_of(forest);
  return forest.roots.size() * (std::uint64_t{*std::ranges::max_element(depths)} * a_level + forest.width) + forest.from.slots.size();
}
std::uint64_t work_of_step(const Linear& linear) { return linear.coefficients.size() + linear.intercepts.size() * a_level; }
std::uint64_t work_of_step(const OneHot& step) { return step.from.slots.size() * (step.ints.size() + step.texts.size()) * a_level; }
std::uint64_t work_of_step(const Lookup& step) { return step.from.slots.size() * (step.int_keys.size() + step.text_keys.size()) * a_level; }
template <class Step>
std::uint64_t work_of_step(const Step& step) {
  return step.from.slots.size() * a_level;
}

}  // namespace

std::uint64_t work_of(const Plan& plan) {
  std::uint64_t work = of_any_row + plan.floats + plan.ints + plan.texts;
  for (const Step& step : plan.steps) work += std::visit([](const auto& one) { return work_of_step(one); }, step);
  for (const Output& output : plan.outputs) work += output.columns.slots.size();
  return work;
}

// The way to a node is copied for each, and unwound question by question at a leaf.
std::uint64_t work_to_explain(const Plan& plan) {
  std::uint64_t work = work_of(plan);
  for (const Step& step : plan.steps) {
    const auto* forest = std::get_if<Forest>(&step);
    if (forest == nullptr) continue;
    for (const std::uint32_t depth : depths_of(*forest)) work += std::uint64_t{depth + 1} * (depth + 1) * a_way;
  }
  return work;
}

}  // namespace gatehouse::trees
