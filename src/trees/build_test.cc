#include "gatehouse/trees/build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/trees/predictor.h"
#include "test_graph.h"

namespace gatehouse::trees {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using wire::onnx::DataType;

constexpr float no_number = std::numeric_limits<float>::quiet_NaN();

Plan understood(const wire::onnx::Graph& graph) {
  auto plan = plan_of(graph);
  if (const auto* doubt = std::get_if<NotUnderstood>(&plan)) {
    ADD_FAILURE() << doubt->op << ": " << doubt->why;
    return {};
  }
  return std::get<Plan>(std::move(plan));
}

Workspace answers(const wire::onnx::Graph& graph, std::vector<Values> inputs, std::size_t rows = 1) {
  Workspace workspace;
  const auto predictor = Predictor::make(understood(graph));
  if (!predictor) {
    ADD_FAILURE() << predictor.error().describe();
    workspace.answers.resize(4);
    return workspace;
  }
  const Status done = predictor->predict(inputs, rows, workspace);
  EXPECT_TRUE(done);
  for (Answer& answer : workspace.answers) EXPECT_TRUE(answer.texts.empty());
  return workspace;
}

float stump_answer(const std::string& mode, std::int64_t missing_yes, float value) {
  const Floats row{value, 0};
  return answers(stump_graph(stump(mode, missing_yes)), {{row, {}, {}}}).answers[0].floats.at(0);
}

TEST(TreesPlan, AsksEachQuestionAsItIsMeant) {
  const float before = std::nextafter(1.0F, 0.0F), after = std::nextafter(1.0F, 2.0F);
  for (const std::int64_t missing_yes : {0, 1}) {
    const float missing = missing_yes == 1 ? 10 : 20;
    struct {
      const char* mode;
      float below, equal, above;
    } const rows[] = {{"BRANCH_LEQ", 10, 10, 20}, {"BRANCH_LT", 10, 20, 20}, {"BRANCH_GTE", 20, 10, 10}, {"BRANCH_GT", 20, 20, 10}};
    for (const auto& row : rows) {
      SCOPED_TRACE(row.mode);
      EXPECT_EQ(stump_answer(row.mode, missing_yes, before), row.below);
      EXPECT_EQ(stump_answer(row.mode, missing_yes, 1), row.equal);
      EXPECT_EQ(stump_answer(row.mode, missing_yes, after), row.above);
      EXPECT_EQ(stump_answer(row.mode, missing_yes, no_number), missing);
    }
  }
}

TEST(TreesPlan, KnowsCoversWhereTheFileHasThem) {
  const Plan plan = understood(stump_graph());
  EXPECT_THAT(std::get<Forest>(plan.steps.at(0)).covers, ElementsAre(4, 1, 3));
  wire::onnx::Node node = stump();
  for (wire::onnx::Attribute& one : node.attributes) {
    if (one.name == "nodes_hitrates") one.value = Floats{1, 1, 1};
  }
  EXPECT_TRUE(std::get<Forest>(understood(stump_graph(node)).steps.at(0)).covers.empty());
}

wire::onnx::Node classifier(Floats weights, Ints ids, Texts labels, const std::string& transform, Floats base = {}) {
  Ints nodes, trees(ids.size(), 0);
  for (std::size_t i = 0; i < ids.size(); ++i) nodes.push_back(i < ids.size() / 2 ? 1 : 2);
  return forest_node("TreeEnsembleClassifier", {{0, 0, 0, 1, 1, 2}, {0, 1, 0, 0, 0, 0, "LEAF"}, {0, 2, 0, 0, 0, 0, "LEAF"}},
                     {{"class_treeids", trees},
                      {"class_nodeids", nodes},
                      {"class_ids", std::move(ids)},
                      {"class_weights", std::move(weights)},
                      {"classlabels_strings", std::move(labels)},
                      {"base_values", std::move(base)},
                      {"post_transform", transform}});
}
wire::onnx::Graph classifier_graph(wire::onnx::Node node) {
  return graph_of({table("X", DataType::f32, 1)}, {std::move(node)}, {"label", "scores"});
}
std::string label_of(const wire::onnx::Graph& graph, float value, Floats& scores) {
  const auto predictor = Predictor::make(understood(graph));
  if (!predictor) return "";
  Workspace workspace;
  const Floats row{value};
  const Values values{row, {}, {}};
  EXPECT_TRUE(predictor->predict({&values, 1}, 1, workspace));
  EXPECT_EQ(predictor->roles().label, 0U);
  EXPECT_EQ(predictor->roles().scores, 1U);
  scores = workspace.answers.at(1).floats;
  return std::string(workspace.answers.at(0).texts.at(0));
}

TEST(TreesPlan, ClassifiesByASingleProbabilityOrMargin) {
  Floats scores;
  const auto positive = classifier_graph(classifier({0.25F, 0.75F}, {0, 0}, {"no", "yes"}, "NONE"));
  EXPECT_EQ(label_of(positive, 0, scores), "no");
  EXPECT_THAT(scores, ElementsAre(0.75F, 0.25F));
  EXPECT_EQ(label_of(positive, 2, scores), "yes");
  const auto margin = classifier_graph(classifier({-1, 3}, {0, 0}, {"no", "yes"}, "LOGISTIC", {-1}));
  EXPECT_EQ(label_of(margin, 0, scores), "no");
  EXPECT_NEAR(scores[1], 1 / (1 + std::exp(2.0)), 1e-6);
  EXPECT_EQ(label_of(margin, 2, scores), "yes");
  EXPECT_NEAR(scores[0] + scores[1], 1, 1e-6);
}

TEST(TreesPlan, ClassifiesSeveralClasses) {
  Floats scores;
  const auto graph = classifier_graph(classifier({1, 2, 3, 3, 2, 2}, {0, 1, 2, 0, 1, 2}, {"a", "b", "c"}, "SOFTMAX", {0, 0, 0}));
  EXPECT_EQ(label_of(graph, 0, scores), "c");
  EXPECT_NEAR(scores[2], std::exp(3) / (std::exp(1) + std::exp(2) + std::exp(3)), 1e-6);
  EXPECT_EQ(label_of(graph, 5, scores), "a");
}

TEST(TreesPlan, PreparesColumns) {
  const auto graph = graph_of(
      {table("X", DataType::f32, 2), table("N", DataType::i64, 1), table("W", DataType::text, 1)},
      {ml_node("Imputer", {"X"}, {"filled"}, {{"imputed_value_floats", Floats{7, 8}}, {"replaced_value_float", no_number}}),
       ml_node("Scaler", {"N"}, {"scaled"}, {{"offset", Floats{1}}, {"scale", Floats{0.5F}}}),
       ml_node("OneHotEncoder", {"W"}, {"coded"}, {{"cats_strings", Texts{"u", "v"}}}), node_of("", "Reshape", {"coded", "two"}, {"flat"}),
       ml_node("LabelEncoder", {"W"}, {"ordinal"}, {{"keys_strings", Texts{"v", "u"}}, {"values_int64s", Ints{4, 5}}}),
       node_of("", "Cast", {"ordinal"}, {"ordinal_number"}, {{"to", std::int64_t{1}}}),
       node_of("", "Concat", {"filled", "scaled", "flat", "ordinal_number"}, {"all"}, {{"axis", std::int64_t{1}}}),
       node_of("", "Mul", {"all", "factors"}, {"Y"})},
      {"Y"});
  wire::onnx::Graph whole = graph;
  wire::onnx::Tensor two{"two", DataType::i64, {2}, 2, {}, {}, {}, {-1, 2}, {}},
      factors{"factors", DataType::f32, {1, 6}, 6, {}, {1, 1, 1, 1, 1, 2}, {}, {}, {}};
  whole.initializers = {two, factors};
  const Floats numbers{no_number, 2, 3, no_number};
  const Ints counts{5, 1};
  const std::vector<std::string_view> words{"v", "stranger"};
  EXPECT_THAT(answers(whole, {{numbers, {}, {}}, {{}, counts, {}}, {{}, {}, words}}, 2).answers[0].floats,
              ElementsAre(7, 2, 2, 0, 1, 8, 3, 8, 0, 0, 0, -2));
}

TEST(TreesPlan, Normalises) {
  for (const auto& [norm, expected] :
       {std::pair<std::string, Floats>{"L1", {0.25F, -0.75F}}, {"L2", {1 / std::sqrt(10.0F), -3 / std::sqrt(10.0F)}}, {"MAX", {1, -3}}}) {
    const auto graph = graph_of({table("X", DataType::f32, 2)}, {ml_node("Normalizer", {"X"}, {"Y"}, {{"norm", norm}})}, {"Y"});
    const Floats row{1, -3};
    EXPECT_THAT(answers(graph, {{row, {}, {}}}).answers[0].floats, testing::Pointwise(testing::FloatEq(), expected)) << norm;
  }
}

TEST(TreesPlan, ComputesLinearModels) {
  const auto graph = graph_of({table("X", DataType::i64, 2)},
                              {ml_node("LinearClassifier", {"X"}, {"label", "scores"},
                                       {{"coefficients", Floats{1, 0, 0, 1, 0, 0}},
                                        {"intercepts", Floats{0, 0.5F, 0}},
                                        {"classlabels_ints", Ints{7, 8, 9}},
                                        {"post_transform", std::string("SOFTMAX")}})},
                              {"label", "scores"});
  const Ints row{1, 1};
  const Workspace found = answers(graph, {{{}, row, {}}});
  EXPECT_THAT(found.answers[0].ints, ElementsAre(8));
  EXPECT_NEAR(found.answers[1].floats.at(2), 1 / (std::exp(1) + std::exp(1.5) + 1), 1e-6);
}

struct Doubted {
  const char* name;
  wire::onnx::Graph graph;
  std::string op, why;
};
class TreesDoubts : public testing::TestWithParam<Doubted> {};

TEST_P(TreesDoubts, NameTheOperator) {
  const auto plan = plan_of(GetParam().graph);
  const auto* doubt = std::get_if<NotUnderstood>(&plan);
  ASSERT_NE(doubt, nullptr);
  EXPECT_EQ(doubt->op, GetParam().op);
  EXPECT_THAT(doubt->why, HasSubstr(GetParam().why));
}

wire::onnx::Graph changed_stump(const std::string& attribute, wire::onnx::AttributeValue value) {
  wire::onnx::Node node = stump();
  for (wire::onnx::Attribute& one : node.attributes) {
    if (one.name == attribute) one.value = value;
  }
  if (node.find(attribute) == nullptr) node.attributes.push_back({attribute, value});
  return stump_graph(node);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, TreesDoubts,
    testing::Values(
        Doubted{"Unknown", graph_of({table("X", DataType::f32, 1)}, {node_of("", "ArgMax", {"X"}, {"Y"})}, {"Y"}), "ArgMax",
                "none of the operators"},
        Doubted{"OtherDomain", graph_of({table("X", DataType::f32, 1)}, {node_of("com.other", "Scaler", {"X"}, {"Y"})}, {"Y"}), "Scaler",
                "none of"},
        Doubted{"Doubles", graph_of({table("X", DataType::f64, 1)}, {node_of("", "Identity", {"X"}, {"Y"})}, {"Y"}), "", "neither FP32"},
        Doubted{"NoColumns", graph_of({table("X", DataType::f32, -1)}, {node_of("", "Identity", {"X"}, {"Y"})}, {"Y"}), "",
                "fixed number of columns"},
        Doubted{"NoOutput", graph_of({table("X", DataType::f32, 1)}, {node_of("", "Identity", {"X"}, {"Z"})}, {"Y"}), "", "not computed"},
        Doubted{"Equality", stump_graph(stump("BRANCH_EQ")), "TreeEnsembleRegressor", "BRANCH_EQ"},
        Doubted{"Average", changed_stump("aggregate_function", std::string("AVERAGE")), "TreeEnsembleRegressor", "added up"},
        Doubted{"Probit", changed_stump("post_transform", std::string("PROBIT")), "TreeEnsembleRegressor", "PROBIT"},
        Doubted{"Tensors", changed_stump("nodes_values_as_tensor", wire::onnx::Tensor()), "TreeEnsembleRegressor", "_as_tensor"},
        Doubted{"Circle", changed_stump("nodes_truenodeids", Ints{0, 0, 0}), "TreeEnsembleRegressor", "two parents"},
        Doubted{"Shared", changed_stump("nodes_truenodeids", Ints{2, 0, 0}), "TreeEnsembleRegressor", "two parents"},
        Doubted{"NoChild", changed_stump("nodes_truenodeids", Ints{9, 0, 0}), "TreeEnsembleRegressor", "child"},
        Doubted{"FarColumn", changed_stump("nodes_featureids", Ints{2, 0, 0}), "TreeEnsembleRegressor", "column"},
        Doubted{"NegativeColumn", changed_stump("nodes_featureids", Ints{-1, 0, 0}), "TreeEnsembleRegressor", "column"},
        Doubted{"Uneven", changed_stump("nodes_values", Floats{1}), "TreeEnsembleRegressor", "equally long"},
        Doubted{"NoWeight", changed_stump("target_nodeids", Ints{1, 1}), "TreeEnsembleRegressor", "one weight"},
        Doubted{"WeightOnBranch", changed_stump("target_nodeids", Ints{0, 1}), "TreeEnsembleRegressor", "no leaf"},
        Doubted{"TargetBeyond", changed_stump("target_ids", Ints{0, 3}), "TreeEnsembleRegressor", "no class or target"},
        Doubted{"TwoClassesApart", classifier_graph(classifier({1, 2, 1, 2}, {0, 1, 0, 1}, {"a", "b"}, "NONE")), "TreeEnsembleClassifier",
                "apart"},
        Doubted{"MissingScore", classifier_graph(classifier({1, 2, 3, 3}, {0, 1, 0, 1}, {"a", "b", "c"}, "NONE")), "TreeEnsembleClassifier",
                "no score"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace gatehouse::trees
