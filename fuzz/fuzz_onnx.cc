// Bytes that claim to be an ONNX file: read or refused by name; what is understood of it becomes a plan that is accepted as it was sent.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gatehouse/trees/build.h"
#include "gatehouse/trees/codec.h"

namespace {

namespace gt = gatehouse::trees;
namespace onnx = gatehouse::wire::onnx;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(bytes), size);
  for (const onnx::Nested nested : {onnx::Nested::looked_through, onnx::Nested::refused}) {
    onnx::Limits limits;
    limits.nested = nested;
    const auto graph = onnx::parse_graph(file, limits);
    if (!graph) {
      require(graph.error().reason().starts_with("onnx_") && graph.error().origin() == gatehouse::Origin::operator_);
      continue;
    }
    for (const onnx::Tensor& tensor : graph->initializers) require(tensor.elements <= size);
    require(nested == onnx::Nested::looked_through || graph->subgraphs + graph->functions == 0);
    const auto plan = gt::plan_of(*graph);
    if (const auto* understood = std::get_if<gt::Plan>(&plan)) {
      const auto read = gt::read_plan(gt::write_plan(*understood));
      require(read.ok());
    }
  }
  return 0;
}
