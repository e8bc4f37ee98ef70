#include "native_choice.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "gatehouse/trees/build.h"
#include "gatehouse/trees/codec.h"
#include "gatehouse/trees/probe_rows.h"
#include "gatehouse/trees/tensor_predictor.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;

constexpr float tolerance = 1e-6F;

bool is_close(float ours, float theirs) {
  if (ours == theirs || (std::isnan(ours) && std::isnan(theirs))) return true;
  return std::abs(ours - theirs) <= tolerance * std::max(1.0F, std::abs(theirs));
}

bool all_close(const std::string& ours, const std::string& theirs) {
  for (std::size_t i = 0; i + sizeof(float) <= ours.size(); i += sizeof(float)) {
    float a = 0, b = 0;
    std::memcpy(&a, ours.data() + i, sizeof a);
    std::memcpy(&b, theirs.data() + i, sizeof b);
    if (!is_close(a, b)) return false;
  }
  return true;
}

bool same(const wire::Tensor& ours, const wire::Tensor& theirs) {
  if (ours.name != theirs.name || ours.datatype != theirs.datatype || ours.shape != theirs.shape) return false;
  if (ours.datatype != wire::Datatype::fp32) return ours.bytes == theirs.bytes;
  return ours.bytes.size() == theirs.bytes.size() && all_close(ours.bytes, theirs.bytes);
}

// What differs; empty: nothing does.
std::string difference(const trees::TensorPredictor& native, const w::Infer& call, const RunGraph& run) {
  if (!native.rows_in(call.inputs, call.outputs)) return "its inputs are not those of the graph";
  const auto ours = native.predict(call.inputs, call.outputs);
  if (!ours) return ours.error().describe();
  const auto theirs = run(call);
  if (!theirs) return theirs.error().describe();
  if (ours->size() != theirs->outputs.size()) return "there are other outputs";
  for (std::size_t i = 0; i < ours->size(); ++i) {
    if (!same((*ours)[i], theirs->outputs[i])) return "the output '" + theirs->outputs[i].name + "' differs from ONNX Runtime's";
  }
  return {};
}

std::string words_for(const trees::Plan& plan, std::size_t rows) {
  std::size_t trees = 0;
  for (const trees::Step& step : plan.steps) {
    if (const auto* forest = std::get_if<trees::Forest>(&step)) trees += forest->roots.size();
  }
  const std::string what = trees == 0 ? "a linear model" : trees == 1 ? "1 tree" : std::to_string(trees) + " trees";
  return what + ", computed natively; equal to onnxruntime on " + std::to_string(rows) + " rows";
}

bool is_of_a_table(const wire::onnx::Graph& graph) { return std::ranges::find(graph.domains, "ai.onnx.ml") != graph.domains.end(); }

}  // namespace

NativeChoice choose_native(const wire::onnx::Graph& graph, const w::Signature& signature, const RunGraph& run) {
  const auto refused = [&graph](const std::string& why) { return NativeChoice{"", is_of_a_table(graph) ? why : std::string()}; };
  const auto made = trees::plan_of(graph);
  if (const auto* doubt = std::get_if<trees::NotUnderstood>(&made))
    return refused(doubt->op + (doubt->op.empty() ? "" : ": ") + doubt->why);
  const auto& plan = std::get<trees::Plan>(made);
  // As the front will read it.
  std::string bytes = trees::write_plan(plan);
  const auto native = trees::TensorPredictor::read(bytes, {signature.inputs, signature.outputs});
  if (!native) return refused(native.error().detail());
  w::Infer call;
  call.inputs = trees::probe_rows(plan);
  const auto rows = static_cast<std::size_t>(call.inputs.front().shape.front());
  const std::string differs = difference(*native, call, run);
  if (!differs.empty()) return refused(differs);
  return {std::move(bytes), words_for(plan, rows)};
}

}  // namespace gatehouse::adapters
