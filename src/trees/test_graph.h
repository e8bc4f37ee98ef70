// trees/test_graph.h — for tests: graphs as exporters write them, and random forests.
#pragma once
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/random.h"
#include "gatehouse/trees/build.h"

namespace gatehouse::trees {

using Floats = std::vector<float>;
using Ints = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;

inline wire::onnx::Node node_of(std::string domain, std::string op, Texts inputs, Texts outputs,
                                std::vector<std::pair<std::string, wire::onnx::AttributeValue>> attributes = {}) {
  wire::onnx::Node node{std::move(domain), std::move(op), "", std::move(inputs), std::move(outputs), {}};
  for (auto& [name, value] : attributes) node.attributes.push_back({name, std::move(value)});
  return node;
}
inline wire::onnx::Node ml_node(std::string op, Texts inputs, Texts outputs,
                                std::vector<std::pair<std::string, wire::onnx::AttributeValue>> attributes = {}) {
  return node_of("ai.onnx.ml", std::move(op), std::move(inputs), std::move(outputs), std::move(attributes));
}
inline wire::onnx::ValueInfo table(std::string name, wire::onnx::DataType type, std::int64_t columns) {
  return {std::move(name), wire::onnx::ValueKind::tensor, type, std::vector<std::int64_t>{-1, columns}};
}
inline wire::onnx::Graph graph_of(std::vector<wire::onnx::ValueInfo> inputs, std::vector<wire::onnx::Node> nodes, Texts outputs) {
  wire::onnx::Graph graph;
  graph.inputs = std::move(inputs);
  graph.nodes = std::move(nodes);
  for (std::string& name : outputs) graph.outputs.push_back(table(std::move(name), wire::onnx::DataType::f32, -1));
  return graph;
}

// One node of a tree as it is listed.
struct Listed {
  std::int64_t tree, id, feature;
  float value;
  std::int64_t yes, no;
  std::string mode = "BRANCH_LEQ";
  std::int64_t missing_yes = 0;
  float hits = 1;
};
inline wire::onnx::Node forest_node(const std::string& op, const std::vector<Listed>& nodes,
                                    std::vector<std::pair<std::string, wire::onnx::AttributeValue>> more) {
  Ints trees, ids, features, yes, no, missing;
  Floats values, hits;
  Texts modes;
  for (const Listed& one : nodes) {
    trees.push_back(one.tree), ids.push_back(one.id), features.push_back(one.feature), yes.push_back(one.yes), no.push_back(one.no);
    missing.push_back(one.missing_yes), values.push_back(one.value), hits.push_back(one.hits), modes.push_back(one.mode);
  }
  more.insert(more.end(), {{"nodes_treeids", trees},
                           {"nodes_nodeids", ids},
                           {"nodes_featureids", features},
                           {"nodes_truenodeids", yes},
                           {"nodes_falsenodeids", no},
                           {"nodes_missing_value_tracks_true", missing},
                           {"nodes_values", values},
                           {"nodes_hitrates", hits},
                           {"nodes_modes", modes}});
  return ml_node(op, {"X"}, {"label", "scores"}, std::move(more));
}

// x[0] <= 1 → 10, else 20: the least regression.
inline wire::onnx::Node stump(const std::string& mode = "BRANCH_LEQ", std::int64_t missing_yes = 0) {
  wire::onnx::Node node =
      forest_node("TreeEnsembleRegressor",
                  {{0, 0, 0, 1, 1, 2, mode, missing_yes, 4}, {0, 1, 0, 0, 0, 0, "LEAF", 0, 1}, {0, 2, 0, 0, 0, 0, "LEAF", 0, 3}},
                  {{"n_targets", std::int64_t{1}},
                   {"target_treeids", Ints{0, 0}},
                   {"target_nodeids", Ints{1, 2}},
                   {"target_ids", Ints{0, 0}},
                   {"target_weights", Floats{10, 20}}});
  node.outputs = {"Y"};
  return node;
}
inline wire::onnx::Graph stump_graph(wire::onnx::Node node = stump()) {
  return graph_of({table("X", wire::onnx::DataType::f32, 2)}, {std::move(node)}, {"Y"});
}

class RandomForest {
 public:
  explicit RandomForest(std::uint64_t seed) : dice_(seed) {}
  std::uint64_t below(std::uint64_t n) { return dice_.next_u64() % n; }
  float number() { return static_cast<float>(static_cast<double>(below(2001)) / 100 - 10); }

  Forest forest(std::uint32_t trees, std::uint32_t depth, std::uint32_t columns, std::uint32_t width) {
    Forest forest;
    for (std::uint32_t i = 0; i < columns; ++i) forest.from.slots.push_back(i);
    forest.width = width;
    forest.weights_begin.push_back(0);
    for (std::uint32_t i = 0; i < trees; ++i) {
      forest.roots.push_back(static_cast<std::uint32_t>(forest.features.size()));
      grow(forest, depth, 1000);
    }
    return forest;
  }
  // As a plan that answers with its sums.
  static Plan plan_with(Forest forest) {
    Plan plan;
    const auto columns = static_cast<std::uint32_t>(forest.from.slots.size());
    plan.inputs = {{"X", Kind::floats, columns}};
    forest.to = columns;
    Output output{"Y", {}, Form::matrix};
    for (std::uint32_t k = 0; k < forest.width; ++k) output.columns.slots.push_back(columns + k);
    plan.outputs = {output};
    plan.floats = columns + forest.width;
    plan.steps.push_back(std::move(forest));
    return plan;
  }

 private:
  void grow(Forest& forest, std::uint32_t depth, float cover) {
    const auto here = static_cast<std::uint32_t>(forest.features.size());
    const bool leaf = depth == 0 || below(6) == 0;
    forest.features.push_back(leaf ? 0 : static_cast<std::uint32_t>(below(forest.from.slots.size())));
    forest.thresholds.push_back(leaf ? 0 : number());
    forest.first.push_back(here), forest.second.push_back(here), forest.covers.push_back(cover);
    for (std::uint32_t k = 0; leaf && k < forest.width; ++k) forest.targets.push_back(k), forest.weights.push_back(number());
    forest.weights_begin.push_back(static_cast<std::uint32_t>(forest.weights.size()));
    if (leaf) return;
    const float share = static_cast<float>(1 + below(9)) / 10;
    forest.first[here] = here + 1;
    grow(forest, depth - 1, cover * share);
    forest.second[here] = static_cast<std::uint32_t>(forest.features.size());
    grow(forest, depth - 1, cover * (1 - share));
  }

  SeededRandom dice_;
};

}  // namespace gatehouse::trees
