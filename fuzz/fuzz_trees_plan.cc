// Bytes that an engine child may send as a plan: refused, or a plan that computes and explains.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "gatehouse/trees/codec.h"
#include "gatehouse/trees/predictor.h"

namespace {

namespace gt = gatehouse::trees;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto plan = gt::read_plan({reinterpret_cast<const char*>(bytes), size});
  if (!plan) {
    require(plan.error().reason() == "trees_plan_invalid");
    return 0;
  }
  const auto predictor = gt::Predictor::make(*plan);
  require(predictor.ok());
  const std::vector<float> floats(predictor->features(), 0.5F);
  const std::vector<std::int64_t> ints(predictor->features(), 1);
  const std::vector<std::string_view> texts(predictor->features(), "a");
  std::vector<gt::Values> inputs;
  for (const gt::Input& input : plan->inputs) {
    inputs.push_back({std::span(floats).first(input.columns), std::span(ints).first(input.columns), std::span(texts).first(input.columns)});
  }
  gt::Workspace workspace;
  if (predictor->predict(inputs, 1, workspace) && predictor->unexplained().empty()) require(predictor->explain(inputs, workspace).ok());
  return 0;
}
