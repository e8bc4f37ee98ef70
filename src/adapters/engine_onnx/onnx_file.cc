#include "onnx_file.h"

#include <algorithm>
#include <array>
#include <string>

#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::adapters {
namespace {

namespace onnx = wire::onnx;

constexpr std::array<std::string_view, 3> known_domains{"", "ai.onnx.ml", "com.microsoft"};  // "" is ai.onnx

// As it may stand in an error.
std::string shown_domain(std::string_view name) {
  std::string out(name.substr(0, 64));
  for (char& c : out) c = c > ' ' && c <= '~' && c != '\'' ? c : '?';
  return "'" + out + "'";
}

}  // namespace

Result<onnx::Graph> read_onnx_file(std::string_view bytes) {
  onnx::Limits limits;
  limits.nested = onnx::Nested::looked_through;
  GH_TRY(onnx::Graph graph, onnx::parse_graph(bytes, limits));
  for (const std::string& domain : graph.domains) {
    if (std::ranges::find(known_domains, domain) != known_domains.end()) continue;
    return operator_error("onnx_unsupported", "it needs operators of " + shown_domain(domain) + ", which are not there");
  }
  if (graph.inputs.size() > wire::engine::most_tensors || graph.outputs.size() > wire::engine::most_tensors) {
    return operator_error("onnx_unsupported", "it has more than " + std::to_string(wire::engine::most_tensors) + " inputs or outputs");
  }
  return graph;
}

}  // namespace gatehouse::adapters
