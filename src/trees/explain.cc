#include "explain.h"

#include <algorithm>

#include "forest_layout.h"
#include "gatehouse/trees/codec.h"

namespace gatehouse::trees {
namespace {

// A question on the way down: which share of the samples goes on where the column's value is not known (zero), whether the row goes on
// (one), and the weight of all subsets of the way that have so many columns.
struct Asked {
  std::uint32_t column = 0;
  double zero = 1, one = 1, weight = 1;
};
constexpr std::uint32_t no_column = 0xFFFFFFFF;

// The way to a node. Each node has its own copy, one behind the other in one vector.
class Way {
 public:
  Way(Asked* first, std::size_t count) : asked_(first), count_(count) {}
  std::size_t size() const { return count_; }
  Asked& operator[](std::size_t i) { return asked_[i]; }

  void extend(const Asked& next) {
    asked_[count_] = {next.column, next.zero, next.one, count_ == 0 ? 1.0 : 0.0};
    const auto length = static_cast<double>(count_ + 1);
    for (std::size_t i = count_; i-- > 0;) {
      asked_[i + 1].weight += next.one * asked_[i].weight * static_cast<double>(i + 1) / length;
      asked_[i].weight = next.zero * asked_[i].weight * static_cast<double>(count_ - i) / length;
    }
    ++count_;
  }

  // As if this question had never been asked.
  void unwind(std::size_t which) {
    const double one = asked_[which].one, zero = asked_[which].zero, length = static_cast<double>(count_);
    double next = asked_[count_ - 1].weight;
    for (std::size_t i = count_ - 1; i-- > 0;) {
      if (one != 0) {
        const double before = asked_[i].weight;
        asked_[i].weight = next * length / (static_cast<double>(i + 1) * one);
        next = before - asked_[i].weight * zero * static_cast<double>(count_ - 1 - i) / length;
      } else {
        asked_[i].weight = asked_[i].weight * length / (zero * static_cast<double>(count_ - 1 - i));
      }
    }
    for (std::size_t i = which; i + 1 < count_; ++i) {
      asked_[i].column = asked_[i + 1].column, asked_[i].zero = asked_[i + 1].zero, asked_[i].one = asked_[i + 1].one;
    }
    --count_;
  }

  // The sum of all weights without this question.
  double total_without(std::size_t which) const {
    const double one = asked_[which].one, zero = asked_[which].zero, length = static_cast<double>(count_);
    double next = asked_[count_ - 1].weight, total = 0;
    for (std::size_t i = count_ - 1; i-- > 0;) {
      if (one != 0) {
        const double weight = next * length / (static_cast<double>(i + 1) * one);
        total += weight;
        next = asked_[i].weight - weight * zero * static_cast<double>(count_ - 1 - i) / length;
      } else {
        total += asked_[i].weight * length / (zero * static_cast<double>(count_ - 1 - i));
      }
    }
    return total;
  }

 private:
  Asked* asked_;
  std::size_t count_;
};

class TreeExplainer {
 public:
  TreeExplainer(const Forest& forest, const float* row, std::vector<std::vector<double>>& out)
      : forest_(forest), row_(row), out_(out), space_((most_depth + 3) * (most_depth + 4) / 2 + 2 * most_depth) {}

  void explain(std::uint32_t root) { walk(root, Way(space_.data(), 0), {no_column, 1, 1, 1}); }

 private:
  void walk(std::uint32_t node, Way way, Asked asked) {
    way.extend(asked);
    if (forest_.first[node] == node) {
      leaf(node, way);
      return;
    }
    const std::uint32_t column = forest_.features[node];
    const std::uint32_t hot = ForestLayout::next(forest_, node, row_[column]);
    const std::uint32_t cold = hot == forest_.first[node] ? forest_.second[node] : forest_.first[node];
    double zero = 1, one = 1;
    for (std::size_t i = 1; i < way.size(); ++i) {
      if (way[i].column != column) continue;
      zero = way[i].zero, one = way[i].one;
      way.unwind(i);
      break;
    }
    const auto cover = static_cast<double>(forest_.covers[node]);
    descend(hot, way, {column, zero * static_cast<double>(forest_.covers[hot]) / cover, one, 0});
    descend(cold, way, {column, zero * static_cast<double>(forest_.covers[cold]) / cover, 0, 0});
  }

  void descend(std::uint32_t node, Way& way, const Asked& asked) {
    Asked* copy = &way[0] + way.size() + 1;
    std::copy_n(&way[0], way.size(), copy);
    walk(node, Way(copy, way.size()), asked);
  }

  void leaf(std::uint32_t node, Way& way) {
    for (std::size_t i = 1; i < way.size(); ++i) {
      const double share = way.total_without(i) * (way[i].one - way[i].zero);
      for (std::uint32_t w = forest_.weights_begin[node]; w < forest_.weights_begin[node + 1]; ++w) {
        out_[forest_.targets[w]][way[i].column] += share * static_cast<double>(forest_.weights[w]);
      }
    }
  }

  const Forest& forest_;
  const float* row_;
  std::vector<std::vector<double>>& out_;
  std::vector<Asked> space_;  // ways of every length, one behind the other
};

}  // namespace

std::vector<double> expected_sums(const Forest& forest) {
  std::vector<double> sums(forest.base.begin(), forest.base.end());
  sums.resize(forest.width, 0);
  std::vector<double> shares(forest.first.size(), 1);  // of the tree's samples
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (forest.first[i] == i) {
      for (std::uint32_t w = forest.weights_begin[i]; w < forest.weights_begin[i + 1]; ++w) {
        sums[forest.targets[w]] += shares[i] * static_cast<double>(forest.weights[w]);
      }
      continue;
    }
    for (const std::uint32_t child : {forest.first[i], forest.second[i]}) {
      shares[child] = shares[i] * static_cast<double>(forest.covers[child]) / static_cast<double>(forest.covers[i]);
    }
  }
  return sums;
}

std::vector<std::vector<double>> contributions_of(const Forest& forest, const float* row) {
  std::vector<std::vector<double>> out(forest.width, std::vector<double>(forest.from.slots.size(), 0));
  TreeExplainer explainer(forest, row, out);
  for (const std::uint32_t root : forest.roots) explainer.explain(root);
  return out;
}

}  // namespace gatehouse::trees
