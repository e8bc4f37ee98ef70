#include "gatehouse/wire/onnx/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/base/random.h"
#include "onnx/test_file.h"

namespace gatehouse::wire::onnx {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string identity_node = bytes_field(1, node_file("Identity", "X", "Y"));

std::string floats_as_bytes(std::initializer_list<float> values) {
  std::string out;
  for (const float value : values) out.append(reinterpret_cast<const char*>(&value), sizeof value);
  return out;
}
std::string with_initializer(const std::string& tensor) { return model_file(graph_file(identity_node + bytes_field(5, tensor))); }
std::string with_attribute(const std::string& attribute) {
  return model_file(graph_file(bytes_field(1, node_file("If", "X", "Y", bytes_field(5, attribute)))));
}

TEST(OnnxGraph, SaysInputsNodesAndOutputs) {
  const auto graph = parse_graph(model_file(graph_file(identity_node), opset_file("", 21) + opset_file("ai.onnx.ml", 3)));
  ASSERT_TRUE(graph) << graph.error().describe();
  EXPECT_EQ(graph->ir_version, 8);
  EXPECT_THAT(graph->opsets,
              ElementsAre(std::pair<std::string, std::int64_t>("", 21), std::pair<std::string, std::int64_t>("ai.onnx.ml", 3)));
  ASSERT_EQ(graph->nodes.size(), 1U);
  EXPECT_EQ(graph->nodes[0].op, "Identity");
  EXPECT_THAT(graph->nodes[0].inputs, ElementsAre("X"));
  ASSERT_EQ(graph->inputs.size(), 1U);
  EXPECT_EQ(graph->inputs[0].kind, ValueKind::tensor);
  EXPECT_EQ(graph->inputs[0].type, DataType::f32);
  EXPECT_THAT(graph->inputs[0].shape.value(), ElementsAre(-1, 4));
  EXPECT_EQ(graph->outputs[0].name, "Y");
}

TEST(OnnxGraph, ReadsEachKindOfAttribute) {
  const std::string attributes =
      bytes_field(5, attribute_file("f", 1, float_field(2, 0.5F))) +
      bytes_field(5, attribute_file("i", 2, number_field(3, std::uint64_t(-7)))) +
      bytes_field(5, attribute_file("s", 3, bytes_field(4, "LEAF"))) +
      bytes_field(5, attribute_file("fs", 6, float_field(7, 1) + bytes_field(7, floats_as_bytes({2, 3})))) +
      bytes_field(5, attribute_file("is", 7, number_field(8, 1) + bytes_field(8, varint_of(300) + varint_of(4)))) +
      bytes_field(5, attribute_file("ss", 8, bytes_field(9, "a") + bytes_field(9, "")));
  const auto graph = parse_graph(model_file(graph_file(bytes_field(1, node_file("Op", "X", "Y", attributes)))));
  ASSERT_TRUE(graph) << graph.error().describe();
  const Node& node = graph->nodes[0];
  EXPECT_EQ(std::get<float>(*node.find("f")), 0.5F);
  EXPECT_EQ(std::get<std::int64_t>(*node.find("i")), -7);
  EXPECT_EQ(std::get<std::string>(*node.find("s")), "LEAF");
  EXPECT_THAT(std::get<std::vector<float>>(*node.find("fs")), ElementsAre(1, 2, 3));
  EXPECT_THAT(std::get<std::vector<std::int64_t>>(*node.find("is")), ElementsAre(1, 300, 4));
  EXPECT_THAT(std::get<std::vector<std::string>>(*node.find("ss")), ElementsAre("a", ""));
  EXPECT_EQ(node.find("none"), nullptr);
}

TEST(OnnxGraph, ReadsTensorsRawAndListed) {
  const std::string file = with_initializer(tensor_file("w", 1, {2}, bytes_field(9, floats_as_bytes({1.5F, -2}))));
  const auto raw = parse_graph(file);
  ASSERT_TRUE(raw) << raw.error().describe();
  EXPECT_THAT(floats_of(raw->initializers[0]).value(), ElementsAre(1.5F, -2));
  EXPECT_FALSE(ints_of(raw->initializers[0]));
  const auto listed =
      parse_graph(with_initializer(tensor_file("w", 7, {1, 2}, bytes_field(7, varint_of(5) + varint_of(std::uint64_t(-1))))));
  ASSERT_TRUE(listed) << listed.error().describe();
  EXPECT_THAT(ints_of(listed->initializers[0]).value(), ElementsAre(5, -1));
  EXPECT_EQ(listed->initializers[0].elements, 2U);
  EXPECT_TRUE(parse_graph(with_initializer(tensor_file("none", 1, {0, 5}, ""))));
}

TEST(OnnxGraph, LeavesOutInputsThatAnInitializerGives) {
  const auto graph = parse_graph(with_initializer(tensor_file("X", 1, {1}, float_field(4, 1))));
  ASSERT_TRUE(graph) << graph.error().describe();
  EXPECT_TRUE(graph->inputs.empty());
}

TEST(OnnxGraph, SaysWhoseOperatorsItNeeds) {
  const std::string inner = bytes_field(1, node_file("Strange", "X", "Y", bytes_field(7, "example.inner")));
  const std::string nested = bytes_field(1, node_file("If", "X", "Y", bytes_field(5, attribute_file("then", 5, bytes_field(6, inner)))));
  const std::string own = bytes_field(1, node_file("Mine", "X", "Y", bytes_field(7, "example.own")));
  const std::string function = bytes_field(25, bytes_field(1, "Mine") + bytes_field(10, "example.own") +
                                                   bytes_field(7, node_file("Other", "X", "Y", bytes_field(7, "example.body"))));
  Limits limits;
  limits.nested = Nested::looked_through;
  const auto graph = parse_graph(model_file(graph_file(identity_node + nested + own)) + function, limits);
  ASSERT_TRUE(graph) << graph.error().describe();
  EXPECT_THAT(graph->domains, ElementsAre("", "example.body", "example.inner"));
}

struct Refusal {
  const char* name;
  std::string file, reason, text;
};
class OnnxRefusals : public testing::TestWithParam<Refusal> {};

TEST_P(OnnxRefusals, NameWhatIsWrong) {
  const auto graph = parse_graph(GetParam().file);
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().reason(), GetParam().reason);
  EXPECT_EQ(graph.error().origin(), Origin::operator_);
  EXPECT_THAT(graph.error().public_text(), HasSubstr(GetParam().text));
}

const std::string outside_tensor =
    tensor_file("w", 1, {2}, bytes_field(13, bytes_field(1, "location") + bytes_field(2, "../../secret")) + number_field(14, 1));

INSTANTIATE_TEST_SUITE_P(
    Rows, OnnxRefusals,
    testing::Values(
        Refusal{"Empty", "", "onnx_invalid", "no graph"}, Refusal{"Text", "hello, world", "onnx_invalid", "ONNX"},
        Refusal{"CutShort", model_file(graph_file(identity_node)).substr(0, 40), "onnx_invalid", "cut short"},
        Refusal{"TwoGraphs", model_file(graph_file(identity_node)) + bytes_field(7, graph_file(identity_node)), "onnx_invalid", "twice"},
        Refusal{"NoNodes", model_file(graph_file("")), "onnx_invalid", "empty"},
        Refusal{"NoOpset", model_file(graph_file(identity_node), ""), "onnx_invalid", "opset_import"},
        Refusal{"External", with_initializer(outside_tensor), "onnx_external_data", "'w' keeps its data in another file"},
        Refusal{"ExternalWithoutLocation", with_initializer(tensor_file("w", 1, {2}, bytes_field(13, ""))), "onnx_external_data", "'w'"},
        Refusal{"UnknownLocation", with_initializer(tensor_file("w", 1, {1}, float_field(4, 1) + number_field(14, 2))),
                "onnx_external_data", "'w'"},
        Refusal{"ExternalInAttribute", with_attribute(attribute_file("t", 4, bytes_field(5, outside_tensor))), "onnx_external_data", "'w'"},
        Refusal{"ExternalInTensors", with_attribute(attribute_file("ts", 9, bytes_field(10, outside_tensor))), "onnx_external_data", "'w'"},
        Refusal{"Sparse", model_file(graph_file(identity_node + bytes_field(15, ""))), "onnx_unsupported", "sparse"},
        Refusal{"SparseAttribute", with_attribute(attribute_file("t", 11, bytes_field(22, ""))), "onnx_unsupported", "sparse"},
        Refusal{"SparseType", model_file(graph_file(identity_node) + bytes_field(11, bytes_field(2, bytes_field(8, "")))),
                "onnx_unsupported", "sparse"},
        Refusal{"Segment", with_initializer(tensor_file("w", 1, {1}, float_field(4, 1) + bytes_field(3, ""))), "onnx_unsupported",
                "segments"},
        Refusal{"Subgraph", with_attribute(attribute_file("then", 5, bytes_field(6, graph_file(identity_node)))), "onnx_unsupported",
                "graph of its own"},
        Refusal{"Function", model_file(graph_file(identity_node)) + bytes_field(25, bytes_field(1, "f")), "onnx_unsupported", "functions"},
        Refusal{"Training", model_file(graph_file(identity_node)) + bytes_field(20, ""), "onnx_unsupported", "trained"},
        Refusal{"Group", std::string("\x3b"), "onnx_invalid", "type that ONNX does not use"},
        Refusal{"FieldZero", std::string("\x02\x00", 2), "onnx_invalid", "without a number"},
        Refusal{"LongVarint", std::string(11, '\xff'), "onnx_invalid", "cut short"},
        Refusal{"Mistyped", bytes_field(1, "8"), "onnx_invalid", "field 1"},
        Refusal{"NegativeExtent", with_initializer(tensor_file("w", 1, {std::uint64_t(-1)}, "")), "onnx_invalid", "impossible shape"},
        Refusal{"Overflow", with_initializer(tensor_file("w", 1, {1U << 31U, 1U << 31U, 4}, "")), "onnx_invalid", "impossible shape"},
        Refusal{"LargeInput",
                model_file(identity_node + bytes_field(11, value_file("X", 1, {1 << 30, 1 << 30, 4})) +
                           bytes_field(12, value_file("Y", 1, {-1}))),
                "onnx_invalid", "impossible shape"},
        Refusal{"TypeOfMoreBits", with_initializer(tensor_file("w", (std::uint64_t{1} << 32U) + 1, {1}, float_field(4, 1))),
                "onnx_unsupported", "of type 4294967297"},
        Refusal{"TooFew", with_initializer(tensor_file("w", 1, {3}, bytes_field(9, floats_as_bytes({1, 2})))), "onnx_invalid",
                "shape says"},
        Refusal{"RawAndListed", with_initializer(tensor_file("w", 1, {1}, bytes_field(9, floats_as_bytes({1})) + float_field(4, 1))),
                "onnx_invalid", "shape says"},
        Refusal{"RawWords", with_initializer(tensor_file("w", 8, {1}, bytes_field(9, "word"))), "onnx_invalid", "shape says"},
        Refusal{"UnknownType", with_initializer(tensor_file("w", 77, {1}, "")), "onnx_unsupported", "type 77"},
        Refusal{"UntypedAttribute", with_attribute(bytes_field(1, "a") + number_field(3, 1)), "onnx_invalid", "'a' is of no known type"},
        Refusal{"StrangeName", with_initializer(tensor_file("a\nb'", 77, {1}, "")), "onnx_unsupported", "'a?b?'"}),
    [](const auto& row) { return row.param.name; });

TEST(OnnxGraph, LooksThroughGraphsInNodesWhereTheyAreAllowed) {
  Limits limits;
  limits.nested = Nested::looked_through;
  const std::string inner = attribute_file("then", 5, bytes_field(6, graph_file(identity_node)));
  const auto graph = parse_graph(with_attribute(inner), limits);
  ASSERT_TRUE(graph) << graph.error().describe();
  EXPECT_EQ(graph->subgraphs, 1U);
  const std::string bad = attribute_file("then", 5, bytes_field(6, graph_file(identity_node + bytes_field(5, outside_tensor))));
  EXPECT_EQ(parse_graph(with_attribute(bad), limits).error().reason(), "onnx_external_data");
  const std::string constant =
      bytes_field(1, node_file("Constant", "", "c", bytes_field(5, attribute_file("value", 4, bytes_field(5, outside_tensor)))));
  const std::string in_function = model_file(graph_file(identity_node)) + bytes_field(25, bytes_field(7, constant.substr(2)));
  EXPECT_FALSE(parse_graph(in_function, limits));
}

TEST(OnnxGraph, GoesOnlySoDeep) {
  Limits limits;
  limits.nested = Nested::looked_through;
  std::string graph = graph_file(identity_node);
  for (int depth = 0; depth < 200; ++depth) {
    graph = graph_file(bytes_field(1, node_file("If", "X", "Y", bytes_field(5, attribute_file("then", 5, bytes_field(6, graph))))));
  }
  const auto read = parse_graph(model_file(graph), limits);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().public_text(), HasSubstr("too deeply"));
}

TEST(OnnxGraph, CountsWhatIsMade) {
  Limits limits;
  limits.nodes = 3;
  std::string nodes = identity_node + identity_node + identity_node;
  EXPECT_TRUE(parse_graph(model_file(graph_file(nodes)), limits));
  const auto read = parse_graph(model_file(graph_file(nodes + identity_node)), limits);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().reason(), "onnx_too_large");
  limits.bytes = 10;
  EXPECT_EQ(parse_graph(model_file(graph_file(nodes)), limits).error().reason(), "onnx_too_large");
}

TEST(OnnxGraph, RefusesOrReadsWhatWasChangedAtRandom) {
  const std::uint64_t seed = SystemRandom().next_u64();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  SeededRandom dice(seed);
  const std::string whole = with_initializer(tensor_file("w", 1, {2, 2}, bytes_field(4, floats_as_bytes({1, 2, 3, 4}))));
  for (int round = 0; round < 3000; ++round) {
    std::string file = whole;
    for (std::uint64_t changes = dice.next_u64() % 4; changes-- > 0 && !file.empty();) {
      const std::size_t at = dice.next_u64() % file.size();
      const std::uint64_t how = dice.next_u64() % 3;
      if (how == 0) file[at] = static_cast<char>(dice.next_u64());
      if (how == 1) file.erase(at, dice.next_u64() % 8);
      if (how == 2) file.insert(at, file.substr(dice.next_u64() % file.size(), dice.next_u64() % 8));
    }
    const auto graph = parse_graph(file);
    if (!graph) {
      EXPECT_THAT(std::string(graph.error().reason()), testing::StartsWith("onnx_"));
      continue;
    }
    for (const Tensor& tensor : graph->initializers) {
      EXPECT_LE(tensor.elements, file.size());
    }
  }
}

}  // namespace
}  // namespace gatehouse::wire::onnx
