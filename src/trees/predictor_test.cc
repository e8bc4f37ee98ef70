#include "gatehouse/trees/predictor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "explain.h"
#include "forest_layout.h"
#include "test_graph.h"

namespace gatehouse::trees {
namespace {

using testing::ElementsAre;

std::uint64_t any_seed() { return SystemRandom().next_u64(); }

// Down each tree, as it is written in the arrays.
Floats sums_by_hand(const Forest& forest, const Floats& row) {
  Floats sums(forest.width, 0);
  for (std::uint32_t node : forest.roots) {
    while (forest.first[node] != node)
      node = row[forest.features[node]] <= forest.thresholds[node] ? forest.first[node] : forest.second[node];
    for (std::uint32_t i = forest.weights_begin[node]; i < forest.weights_begin[node + 1]; ++i)
      sums[forest.targets[i]] += forest.weights[i];
  }
  return sums;
}

TEST(ForestLayout, FindsTheSameLeavesInEveryWidth) {
  const std::uint64_t seed = any_seed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  RandomForest random(seed);
  for (const std::uint32_t depth : {0, 1, 2, 3, 4, 5, 8, 11}) {
    for (const std::uint32_t columns : {1, 4, 9, 16, 20, 32, 33}) {
      const auto width = static_cast<std::uint32_t>(1 + random.below(5));
      const Forest forest = random.forest(static_cast<std::uint32_t>(1 + random.below(40)), depth, columns, width);
      for (const TreeScan& scan : tree_scans()) {
        const ForestLayout layout(forest, scan);
        for (int i = 0; i < 20; ++i) {
          Floats row(std::max<std::size_t>(layout.row_floats(), columns));
          for (std::uint32_t c = 0; c < columns; ++c) row[c] = random.below(20) == 0 ? std::nanf("") : random.number();
          Floats sums;
          layout.sum(row.data(), sums);
          sums.resize(width);
          ASSERT_EQ(sums, sums_by_hand(forest, row)) << scan.name << ", depth " << depth << ", columns " << columns;
        }
      }
    }
  }
}

TEST(Predictor, AnswersManyRowsAsEachAlone) {
  const std::uint64_t seed = any_seed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  RandomForest random(seed);
  const Forest forest = random.forest(30, 5, 3, 3);
  const auto predictor = Predictor::make(RandomForest::plan_with(forest));
  ASSERT_TRUE(predictor);
  Floats rows(300);
  for (float& value : rows) value = random.number();
  const Values all{rows, {}, {}};
  Workspace workspace;
  ASSERT_TRUE(predictor->predict({&all, 1}, 100, workspace));
  const Floats together = workspace.answers.at(0).floats;
  for (std::size_t i = 0; i < 100; ++i) {
    const Floats row(rows.begin() + static_cast<std::ptrdiff_t>(3 * i), rows.begin() + static_cast<std::ptrdiff_t>(3 * i + 3));
    const Floats expected = sums_by_hand(forest, row);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), together.begin() + static_cast<std::ptrdiff_t>(3 * i)));
  }
}

TEST(Predictor, RefusesStrangersWhereTheModelDoes) {
  Plan plan;
  plan.inputs = {{"W", Kind::texts, 1}};
  plan.steps.push_back(OneHot{{Kind::texts, {0}}, {}, {"a"}, Strangers::are_refused, 0});
  plan.outputs = {{"Y", {Kind::floats, {0}}, Form::matrix}};
  plan.floats = 1, plan.texts = 1;
  const auto predictor = Predictor::make(plan);
  ASSERT_TRUE(predictor);
  Workspace workspace;
  for (const std::string_view word : {"a", "b"}) {
    const Values row{{}, {}, {&word, 1}};
    const Status done = predictor->predict({&row, 1}, 1, workspace);
    EXPECT_EQ(done.ok(), word == "a");
    if (!done) {
      EXPECT_EQ(done.error().reason(), "unknown_category");
    }
  }
}

// The mean of a tree where only some columns are known: both ways, by their covers, where one is not.
double mean_where_known(const Forest& forest, std::uint32_t node, const Floats& row, unsigned known) {
  if (forest.first[node] == node) return static_cast<double>(forest.weights[forest.weights_begin[node]]);
  const std::uint32_t column = forest.features[node];
  if ((known >> column & 1U) != 0) {
    return mean_where_known(forest, row[column] <= forest.thresholds[node] ? forest.first[node] : forest.second[node], row, known);
  }
  const double first = static_cast<double>(forest.covers[forest.first[node]]),
               second = static_cast<double>(forest.covers[forest.second[node]]);
  const double all = static_cast<double>(forest.covers[node]);
  return (first * mean_where_known(forest, forest.first[node], row, known) +
          second * mean_where_known(forest, forest.second[node], row, known)) /
         all;
}

// Shapley's definition, over all subsets.
double by_definition(const Forest& forest, const Floats& row, std::uint32_t column) {
  const auto columns = static_cast<unsigned>(row.size());
  double sum = 0;
  for (unsigned known = 0; known < 1U << columns; ++known) {
    if ((known >> column & 1U) != 0) continue;
    const int size = __builtin_popcount(known);
    const double weight = std::tgamma(size + 1) * std::tgamma(static_cast<int>(columns) - size) / std::tgamma(columns + 1);
    for (const std::uint32_t root : forest.roots) {
      sum += weight * (mean_where_known(forest, root, row, known | 1U << column) - mean_where_known(forest, root, row, known));
    }
  }
  return sum;
}

TEST(Explanation, IsWhatShapleyDefines) {
  const std::uint64_t seed = any_seed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  RandomForest random(seed);
  for (int round = 0; round < 30; ++round) {
    const Forest forest = random.forest(3, 6, static_cast<std::uint32_t>(1 + random.below(5)), 1);
    Floats row(forest.from.slots.size());
    for (float& value : row) value = random.number();
    const auto found = contributions_of(forest, row.data());
    for (std::uint32_t column = 0; column < row.size(); ++column) {
      EXPECT_NEAR(found.at(0)[column], by_definition(forest, row, column), 1e-4);  // the covers are float
    }
  }
}

TEST(Explanation, AddsUpToTheScores) {
  const std::uint64_t seed = any_seed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  RandomForest random(seed);
  const Forest forest = random.forest(20, 12, 6, 3);
  const auto predictor = Predictor::make(RandomForest::plan_with(forest));
  ASSERT_TRUE(predictor);
  ASSERT_EQ(predictor->unexplained(), "");
  Workspace workspace;
  for (int i = 0; i < 20; ++i) {
    Floats row(6);
    for (float& value : row) value = random.number();
    const Values values{row, {}, {}};
    const auto found = predictor->explain({&values, 1}, workspace);
    ASSERT_TRUE(found);
    const Floats sums = sums_by_hand(forest, row);
    for (std::size_t k = 0; k < 3; ++k) {
      double sum = found->base_values[k];
      for (const double one : found->contributions[k]) sum += one;
      EXPECT_NEAR(sum, static_cast<double>(sums[k]), 1e-3);
    }
  }
}

TEST(Explanation, GivesPreparedColumnsBackToTheirFeatures) {
  Plan plan;
  plan.inputs = {{"W", Kind::texts, 1}, {"X", Kind::floats, 1}};
  plan.steps.push_back(OneHot{{Kind::texts, {0}}, {}, {"a", "b"}, Strangers::are_zeros, 1});
  Forest forest = std::get<Forest>(RandomForest::plan_with(RandomForest(1).forest(1, 0, 3, 1)).steps[0]);
  // Is it a? 10, else is it b? 20, else 40.
  forest.from.slots = {0, 1, 2};
  forest.features = {1, 2, 0, 0, 0}, forest.thresholds = {0.5F, 0.5F, 0, 0, 0};
  forest.first = {1, 2, 2, 3, 4}, forest.second = {4, 3, 2, 3, 4};
  forest.covers = {4, 3, 1, 2, 1};
  forest.weights_begin = {0, 0, 0, 1, 2, 3}, forest.targets = {0, 0, 0}, forest.weights = {40, 20, 10};
  forest.to = 3;
  plan.steps.push_back(forest);
  plan.outputs = {{"Y", {Kind::floats, {3}}, Form::matrix}};
  plan.floats = 4, plan.texts = 1;
  const auto predictor = Predictor::make(plan);
  ASSERT_TRUE(predictor) << predictor.error().describe();
  const std::string_view word = "a";
  const float number = 3;
  const std::vector<Values> row{{{}, {}, {&word, 1}}, {{&number, 1}, {}, {}}};
  Workspace workspace;
  const auto found = predictor->explain(row, workspace);
  ASSERT_TRUE(found) << found.error().describe();
  EXPECT_NEAR(found->base_values.at(0), 22.5, 1e-9);
  EXPECT_THAT(found->contributions.at(0), ElementsAre(testing::DoubleNear(-12.5, 1e-9), 0));
}

TEST(Explanation, IsRefusedKindly) {
  Plan plan = RandomForest::plan_with(RandomForest(3).forest(2, 2, 2, 1));
  std::get<Forest>(plan.steps[0]).covers.clear();
  const auto predictor = Predictor::make(plan);
  ASSERT_TRUE(predictor);
  EXPECT_THAT(std::string(predictor->unexplained()), testing::HasSubstr("samples"));
  const Floats row{0, 0};
  const Values values{row, {}, {}};
  Workspace workspace;
  const auto found = predictor->explain({&values, 1}, workspace);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().reason(), "explanation_unavailable");
}

}  // namespace
}  // namespace gatehouse::trees
