// Forests: nodes as the file lists them become arrays in which each stands after its parent.
#include <algorithm>
#include <cmath>
#include <limits>

#include "builder.h"
#include "gatehouse/trees/codec.h"

namespace gatehouse::trees {
namespace {

using wire::onnx::Node;

struct NodeKey {
  std::int64_t tree = 0, node = 0;
  friend auto operator<=>(const NodeKey&, const NodeKey&) = default;
};

// As the file has them: lists beside one another.
struct ListedNodes {
  explicit ListedNodes(const Node& node)
      : trees(ints_in(node, "nodes_treeids")),
        ids(ints_in(node, "nodes_nodeids")),
        features(ints_in(node, "nodes_featureids")),
        yes(ints_in(node, "nodes_truenodeids")),
        no(ints_in(node, "nodes_falsenodeids")),
        missing_yes(ints_in(node, "nodes_missing_value_tracks_true")),
        modes(texts_in(node, "nodes_modes")),
        values(floats_in(node, "nodes_values")),
        hits(floats_in(node, "nodes_hitrates")) {
    if (missing_yes.empty()) missing_yes.resize(ids.size());
  }
  bool agree() const {
    const std::size_t count = ids.size();
    return count > 0 && count <= most_nodes && trees.size() == count && features.size() == count && yes.size() == count &&
           no.size() == count && missing_yes.size() == count && modes.size() == count && values.size() == count &&
           (hits.empty() || hits.size() == count);
  }
  std::vector<std::int64_t> trees, ids, features, yes, no, missing_yes;
  std::vector<std::string> modes;
  std::vector<float> values, hits;
};

struct Weight {
  std::uint32_t target;
  float value;
};

class ForestReader {
 public:
  ForestReader(const Node& node, Forest& forest, std::size_t columns) : listed_(node), forest_(forest), columns_(columns) {}

  // prefix: "class" or "target".
  Doubt read(const Node& node, const std::string& prefix, std::size_t targets) {
    if (!listed_.agree()) return "its lists of nodes are not equally long";
    if (!std::ranges::is_sorted(listed_.trees)) return "its trees do not stand one after another";
    for (std::uint32_t i = 0; i < listed_.ids.size(); ++i) places_.push_back({{listed_.trees[i], listed_.ids[i]}, i});
    std::ranges::sort(places_, {}, &Place::key);
    const auto same = [](const Place& a, const Place& b) { return a.key == b.key; };
    if (std::ranges::adjacent_find(places_, same) != places_.end()) return "a node stands there twice";
    if (const Doubt doubt = read_weights(node, prefix, targets)) return doubt;
    forest_.weights_begin.push_back(0);
    placed_.resize(listed_.ids.size());
    for (std::uint32_t i = 0; i < listed_.ids.size(); ++i) {
      if (i > 0 && listed_.trees[i] == listed_.trees[i - 1]) continue;
      forest_.roots.push_back(static_cast<std::uint32_t>(forest_.features.size()));
      if (const Doubt doubt = place_tree(i)) return doubt;
    }
    if (forest_.features.size() != listed_.ids.size()) return "a node belongs to no tree";
    if (std::ranges::all_of(forest_.missing_first, [](std::uint8_t one) { return one == 0; })) forest_.missing_first.clear();
    if (!covers_agree()) forest_.covers.clear();
    return std::nullopt;
  }

 private:
  struct Place {
    NodeKey key;
    std::uint32_t at;
  };
  std::optional<std::uint32_t> find(NodeKey key) const {
    const auto found = std::ranges::lower_bound(places_, key, {}, &Place::key);
    if (found == places_.end() || found->key != key) return std::nullopt;
    return found->at;
  }

  Doubt read_weights(const Node& node, const std::string& prefix, std::size_t targets) {
    const auto trees = ints_in(node, prefix + "_treeids"), nodes = ints_in(node, prefix + "_nodeids"), ids = ints_in(node, prefix + "_ids");
    const std::vector<float> weights = floats_in(node, prefix + "_weights");
    if (weights.empty() || trees.size() != weights.size() || nodes.size() != weights.size() || ids.size() != weights.size()) {
      return "its lists of weights are not equally long";
    }
    weights_.resize(listed_.ids.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const std::optional<std::uint32_t> at = find({trees[i], nodes[i]});
      if (!at || listed_.modes[*at] != "LEAF") return "a weight belongs to no leaf";
      if (ids[i] < 0 || static_cast<std::uint64_t>(ids[i]) >= targets) return "a weight belongs to no class or target";
      weights_[*at].push_back({static_cast<std::uint32_t>(ids[i]), weights[i]});
    }
    return std::nullopt;
  }

  // A tree in the order of its branches, the first one first. root: where it is listed.
  Doubt place_tree(std::uint32_t root) {
    struct Waiting {
      std::uint32_t at, depth;
      std::uint32_t* from;  // whose child it is; the arrays do not move while a tree is placed
    };
    const std::size_t most = listed_.ids.size();
    for (auto* list : {&forest_.features, &forest_.first, &forest_.second}) list->reserve(most);
    std::vector<Waiting> waiting{{root, 0, nullptr}};
    while (!waiting.empty()) {
      const Waiting next = waiting.back();
      waiting.pop_back();
      if (placed_[next.at]) return "a node has two parents";
      placed_[next.at] = true;
      if (next.depth > most_depth) return "a tree is deeper than " + std::to_string(most_depth);
      const auto here = static_cast<std::uint32_t>(forest_.features.size());
      if (next.from != nullptr) *next.from = here;
      Branches branches;
      if (const Doubt doubt = place_node(next.at, here, branches)) return doubt;
      if (listed_.modes[next.at] == "LEAF") continue;
      waiting.push_back({branches.second, next.depth + 1, &forest_.second[here]});
      waiting.push_back({branches.first, next.depth + 1, &forest_.first[here]});
    }
    return std::nullopt;
  }

  struct Branches {
    std::uint32_t first = 0, second = 0;
  };
  Doubt place_node(std::uint32_t at, std::uint32_t here, Branches& branches) {
    const std::string& mode = listed_.modes[at];
    const bool leaf = mode == "LEAF", missing_yes = listed_.missing_yes[at] != 0;
    const bool strictly = mode == "BRANCH_LT" || mode == "BRANCH_GTE", turned = mode == "BRANCH_GT" || mode == "BRANCH_GTE";
    if (!leaf && !strictly && !turned && mode != "BRANCH_LEQ") return "a node's mode is " + mode;
    const auto feature = static_cast<std::uint64_t>(listed_.features[at]);
    if (!leaf && feature >= columns_) return "a node looks at a column that is not there";
    const float value = leaf ? 0 : listed_.values[at];
    if (std::isnan(value)) return "a threshold is no number";
    if (!leaf) {
      const auto yes = find({listed_.trees[at], listed_.yes[at]}), no = find({listed_.trees[at], listed_.no[at]});
      if (!yes || !no) return "a node's child is not there";
      branches = turned ? Branches{*no, *yes} : Branches{*yes, *no};
    }
    forest_.features.push_back(leaf ? 0 : static_cast<std::uint32_t>(feature));
    // x < value is x <= the number before it; x > value and x >= value are the same questions, asked the other way round.
    forest_.thresholds.push_back(strictly ? std::nextafter(value, -std::numeric_limits<float>::infinity()) : value);
    forest_.first.push_back(here);
    forest_.second.push_back(here);
    forest_.missing_first.push_back(!leaf && missing_yes != turned ? 1 : 0);
    if (!listed_.hits.empty()) forest_.covers.push_back(listed_.hits[at]);
    for (const Weight& weight : weights_[at]) {
      forest_.targets.push_back(weight.target);
      forest_.weights.push_back(weight.value);
    }
    forest_.weights_begin.push_back(static_cast<std::uint32_t>(forest_.weights.size()));
    return std::nullopt;
  }

  // Samples that come through a node go on to its children; else the numbers are none of samples (they are all 1 where nobody knew them).
  bool covers_agree() const {
    for (std::size_t i = 0; i < forest_.covers.size(); ++i) {
      const float cover = forest_.covers[i];
      if (!std::isfinite(cover) || cover <= 0) return false;
      if (forest_.first[i] == i) continue;
      const float below = forest_.covers[forest_.first[i]] + forest_.covers[forest_.second[i]];
      if (std::abs(cover - below) > 1e-4F * cover) return false;
    }
    return true;
  }

  const ListedNodes listed_;
  Forest& forest_;
  const std::size_t columns_;
  std::vector<Place> places_;
  std::vector<std::vector<Weight>> weights_;
  std::vector<bool> placed_;
};

bool all_single(const Forest& forest) {
  for (std::size_t i = 0; i < forest.first.size(); ++i) {
    if (forest.first[i] == i && forest.weights_begin[i + 1] - forest.weights_begin[i] != 1) return false;
  }
  return true;
}

// A class that no tree speaks of on some way down has no score there, and ONNX Runtime does not choose it.
bool each_class_has_a_score(const Forest& forest) {
  std::vector<bool> sure(forest.width, false);
  for (std::size_t tree = 0; tree < forest.roots.size(); ++tree) {
    const std::size_t end = tree + 1 < forest.roots.size() ? forest.roots[tree + 1] : forest.first.size();
    std::vector<std::size_t> leaves_with(forest.width, 0);
    std::size_t leaves = 0;
    for (std::size_t i = forest.roots[tree]; i < end; ++i) {
      if (forest.first[i] != i) continue;
      ++leaves;
      std::vector<std::uint32_t> here(forest.targets.begin() + forest.weights_begin[i],
                                      forest.targets.begin() + forest.weights_begin[i + 1]);
      std::ranges::sort(here);
      here.erase(std::unique(here.begin(), here.end()), here.end());
      for (const std::uint32_t target : here) ++leaves_with[target];
    }
    for (std::size_t k = 0; k < sure.size(); ++k) sure[k] = sure[k] || leaves_with[k] == leaves;
  }
  return std::ranges::all_of(sure, [](bool one) { return one; });
}

Doubt classify(Builder& builder, const Node& node, Forest& forest) {
  if (const Doubt doubt = read_labels(builder, node, "classlabels_int64s", "classlabels_strings", forest.labels)) return doubt;
  const std::size_t classes = forest.labels.size();
  if (classes < 2 || classes > most_slots) return "it has a single class";
  if (const Doubt doubt = ForestReader(node, forest, forest.from.slots.size()).read(node, "class", classes)) return doubt;
  forest.width = static_cast<std::uint32_t>(classes);
  if (classes > 2) {
    if (classes * forest.roots.size() > most_nodes) return "it has too many classes and trees";
    if (!each_class_has_a_score(forest)) return "some classes may have no score";
  } else {
    if (!std::ranges::all_of(forest.targets, [](std::uint32_t one) { return one == 0; })) return "it scores two classes apart";
    if (!all_single(forest)) return "a leaf has not one weight";
    const bool positive = std::ranges::all_of(forest.weights, [](float one) { return one >= 0; });
    if (forest.transform != (positive ? Transform::none : Transform::logistic))
      return "its single score is neither a probability nor a margin";
    forest.scores = positive ? Scores::positive : Scores::margin;
    forest.width = 1;
  }
  const std::optional<std::uint32_t> to = builder.allocate(Kind::floats, classes);
  if (!to) return "it has too many columns";
  forest.to = *to;
  define_answer(builder, node, forest.labels, *to, classes);
  return std::nullopt;
}

Doubt regress(Builder& builder, const Node& node, Forest& forest) {
  const std::int64_t targets = int_in(node, "n_targets", 1);
  if (targets < 1 || targets > most_slots) return "it has no targets";
  if (text_in(node, "aggregate_function", "SUM") != "SUM") return "its trees are not added up";
  if (forest.transform != Transform::none) return "it transforms a regression";
  if (const Doubt doubt = ForestReader(node, forest, forest.from.slots.size()).read(node, "target", static_cast<std::size_t>(targets))) {
    return doubt;
  }
  if (targets == 1 && !all_single(forest)) return "a leaf has not one weight";
  forest.width = static_cast<std::uint32_t>(targets);
  return builder.fill_matrix(node, forest.width, forest.to);
}

}  // namespace

Doubt tree_ensemble(Builder& builder, const Node& node) {
  const Value* value = matrix_of(builder, node, {Kind::floats, Kind::ints});
  if (value == nullptr) return "its operand is no matrix of numbers";
  for (const wire::onnx::Attribute& one : node.attributes) {
    if (one.name.ends_with("_as_tensor")) return "it has " + one.name;
  }
  Forest forest;
  forest.from = value->columns;
  forest.base = floats_in(node, "base_values");
  if (const Doubt doubt = read_transform(node, forest.transform)) return doubt;
  if (const Doubt doubt = node.op == "TreeEnsembleClassifier" ? classify(builder, node, forest) : regress(builder, node, forest))
    return doubt;
  if (!forest.base.empty() && forest.base.size() != forest.width) return "its base_values are not one a score";
  builder.add(std::move(forest));
  return std::nullopt;
}

}  // namespace gatehouse::trees
