#include "gatehouse/trees/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/trees/predictor.h"
#include "test_graph.h"

namespace gatehouse::trees {
namespace {

using testing::HasSubstr;

Plan small_plan() { return RandomForest::plan_with(RandomForest(5).forest(3, 3, 2, 2)); }

// One of each step, words and all.
Plan mixed_plan() {
  Plan plan;
  plan.inputs = {{"X", Kind::floats, 2}, {"W", Kind::texts, 1}};
  plan.steps.push_back(Scale{{Kind::floats, {0, 1}}, {1, 2}, {3, 4}, 2});
  plan.steps.push_back(Arithmetic{{Kind::floats, {2}}, Sign::divide, {2}, 4});
  plan.steps.push_back(Impute{{Kind::floats, {4}}, std::numeric_limits<float>::infinity(), {1}, 5});
  plan.steps.push_back(Normalise{{Kind::floats, {2, 3}}, Norm::l2, 6});
  plan.steps.push_back(OneHot{{Kind::texts, {0}}, {}, {"a", "b"}, Strangers::are_zeros, 8});
  plan.steps.push_back(Lookup{{Kind::texts, {0}}, {}, {"a"}, {}, {3}, 0, -1, 0});
  plan.steps.push_back(Convert{{Kind::ints, {0}}, Kind::floats, 10});
  plan.steps.push_back(
      Linear{{Kind::floats, {5, 6, 7, 8, 9, 10}}, Floats(12, 0.5F), {0, 1}, Transform::softmax, {{}, {"no", "yes"}, 1}, 11});
  plan.outputs = {{"label", {Kind::texts, {1}}, Form::vector}, {"scores", {Kind::floats, {11, 12}}, Form::matrix}};
  plan.floats = 13, plan.ints = 1, plan.texts = 2;
  return plan;
}

TEST(TreesCodec, GivesBackWhatWasWritten) {
  for (const Plan& plan : {small_plan(), mixed_plan()}) {
    const auto read = read_plan(write_plan(plan));
    ASSERT_TRUE(read) << read.error().describe();
    EXPECT_EQ(*read, plan);
  }
}

TEST(TreesCodec, RefusesEveryBeginning) {
  const std::string bytes = write_plan(mixed_plan());
  for (std::size_t length = 0; length < bytes.size(); ++length) EXPECT_FALSE(read_plan(bytes.substr(0, length))) << length;
  EXPECT_FALSE(read_plan(bytes + '\0'));
}

// Whatever is accepted computes, and can be explained or says why not: under a sanitizer this shows that nothing reaches beyond its arrays.
void compute(const Plan& plan) {
  const auto predictor = Predictor::make(plan);
  ASSERT_TRUE(predictor);
  if (predictor->features() > 1000) return;
  Workspace workspace;
  const Floats floats(predictor->features(), 0.5F);
  const Ints ints(predictor->features(), 1);
  const std::vector<std::string_view> texts(predictor->features(), "a");
  std::vector<Values> inputs;
  for (const Input& input : plan.inputs) {
    inputs.push_back({std::span(floats).first(input.columns), std::span(ints).first(input.columns), std::span(texts).first(input.columns)});
  }
  if (!predictor->predict(inputs, 1, workspace)) return;
  if (predictor->unexplained().empty()) {
    EXPECT_TRUE(predictor->explain(inputs, workspace));
  }
}

TEST(TreesCodec, RefusesOrComputesWhatWasChangedAtRandom) {
  const std::uint64_t seed = SystemRandom().next_u64();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  SeededRandom dice(seed);
  for (const std::string& whole : {write_plan(small_plan()), write_plan(mixed_plan())}) {
    for (int round = 0; round < 3000; ++round) {
      std::string bytes = whole;
      for (std::uint64_t changes = 1 + dice.next_u64() % 3; changes-- > 0;) {
        char& byte = bytes[dice.next_u64() % bytes.size()];
        byte = static_cast<char>(dice.next_u64() % 4 == 0 ? dice.next_u64() : static_cast<std::uint64_t>(byte) + dice.next_u64() % 3 - 1);
      }
      const auto plan = read_plan(bytes);
      if (!plan) {
        EXPECT_EQ(plan.error().reason(), "trees_plan_invalid");
        continue;
      }
      compute(*plan);
    }
  }
}

struct Broken {
  const char* name;
  void (*change)(Plan& plan);
  std::string detail;
};
class TreesBrokenPlans : public testing::TestWithParam<Broken> {};

Forest& forest_in(Plan& plan) { return std::get<Forest>(plan.steps.at(0)); }

TEST_P(TreesBrokenPlans, AreRefused) {
  Plan plan = std::string_view(GetParam().name).starts_with("Mixed") ? mixed_plan() : small_plan();
  ASSERT_TRUE(check_plan(plan));
  GetParam().change(plan);
  const auto read = read_plan(write_plan(plan));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().origin(), Origin::engine);
  EXPECT_THAT(read.error().detail(), HasSubstr(GetParam().detail));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, TreesBrokenPlans,
    testing::Values(Broken{"Circle", [](Plan& p) { forest_in(p).first[1] = 0; }, "child"},
                    Broken{"OwnChild", [](Plan& p) { forest_in(p).second[0] = 0; }, "child"},
                    Broken{"FarChild", [](Plan& p) { forest_in(p).second[0] = 1'000'000; }, "child"},
                    Broken{"SharedChild", [](Plan& p) { forest_in(p).second[0] = forest_in(p).first[0]; }, "child"},
                    Broken{"FarRoot", [](Plan& p) { forest_in(p).roots[0] = 1'000'000; }, "root"},
                    Broken{"RootTwice", [](Plan& p) { forest_in(p).roots[1] = forest_in(p).roots[0]; }, "root"},
                    Broken{"LostNode", [](Plan& p) { forest_in(p).roots.pop_back(); }, "no tree"},
                    Broken{"FarColumn", [](Plan& p) { forest_in(p).features[0] = 2; }, "column"},
                    Broken{"FarTarget", [](Plan& p) { forest_in(p).targets[0] = 2; }, "target"},
                    Broken{"NoNumber", [](Plan& p) { forest_in(p).thresholds[0] = std::nanf(""); }, "no number"},
                    Broken{"NoCover", [](Plan& p) { forest_in(p).covers[0] = 0; }, "cover"},
                    Broken{"FewCovers", [](Plan& p) { forest_in(p).covers.pop_back(); }, "differ"},
                    Broken{"WeightsBackwards",
                           [](Plan& p) { std::swap(forest_in(p).weights_begin.front(), forest_in(p).weights_begin.back()); }, "differ"},
                    Broken{"WideForest", [](Plan& p) { forest_in(p).width = 70'000; }, "a step"},
                    Broken{"FarSlot", [](Plan& p) { forest_in(p).from.slots[0] = 2; }, "a step"},
                    Broken{"OverlappingSlots", [](Plan& p) { forest_in(p).to = 1; }, "a step"},
                    Broken{"ManySlots", [](Plan& p) { p.floats = 4'000'000'000; }, "slots"},
                    Broken{"ManyColumns", [](Plan& p) { p.inputs[0].columns = 70'000; }, "columns"},
                    Broken{"NoOutputs", [](Plan& p) { p.outputs.clear(); }, "no output"},
                    Broken{"OutputBeyond", [](Plan& p) { p.outputs[0].columns.slots[0] = 99; }, "output"},
                    Broken{"MixedWideVector", [](Plan& p) { p.outputs[1].form = Form::vector; }, "output"},
                    Broken{"MixedLater", [](Plan& p) { std::swap(p.steps[0], p.steps[1]); }, "a step"},
                    Broken{"MixedKinds", [](Plan& p) { std::get<OneHot>(p.steps[4]).ints = {1}; }, "a step"},
                    Broken{"MixedLabels", [](Plan& p) { std::get<Linear>(p.steps[7]).labels.texts.pop_back(); }, "a step"},
                    Broken{"MixedCoefficients", [](Plan& p) { std::get<Linear>(p.steps[7]).coefficients.pop_back(); }, "a step"}),
    [](const auto& row) { return row.param.name; });

TEST(TreesCodec, RefusesTreesThatAreTooDeep) {
  Forest forest;
  forest.from.slots = {0};
  forest.width = 1;
  forest.roots = {0};
  constexpr std::uint32_t depth = most_depth + 1;
  for (std::uint32_t i = 0; i <= 2 * depth; ++i) {  // a branch at each even place, its leaf behind it
    const bool branch = i % 2 == 0 && i < 2 * depth;
    forest.features.push_back(0), forest.thresholds.push_back(0);
    forest.first.push_back(branch ? i + 1 : i), forest.second.push_back(branch ? i + 2 : i);
    forest.weights_begin.push_back(static_cast<std::uint32_t>(forest.weights.size()));
    if (!branch) forest.targets.push_back(0), forest.weights.push_back(1);
  }
  forest.weights_begin.push_back(static_cast<std::uint32_t>(forest.weights.size()));
  const Status checked = check_plan(RandomForest::plan_with(forest));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().detail(), "a tree is too deep");
}

}  // namespace
}  // namespace gatehouse::trees
