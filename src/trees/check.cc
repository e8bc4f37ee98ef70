#include <algorithm>
#include <array>
#include <cmath>

#include "gatehouse/trees/codec.h"
#include "plan_error.h"

namespace gatehouse::trees {
namespace {

constexpr std::size_t most_steps = 10'000, most_names = 1'000;

bool are_numbers(const std::vector<float>& values) {
  return std::ranges::none_of(values, [](float one) { return std::isnan(one); });
}

// A tree's nodes stand one after another, each after its parent, and each but the first is somebody's child once: so it is a tree.
class TreeCheck {
 public:
  explicit TreeCheck(const Forest& forest) : forest_(forest), depths_(forest.features.size(), 0), reached_(forest.features.size(), false) {}

  const char* fault() {
    if (const char* what = lists()) return what;
    for (const std::uint32_t root : forest_.roots) {
      if (root >= reached_.size() || reached_[root]) return "a root is no node, or stands there twice";
      reached_[root] = true;
    }
    for (std::uint32_t i = 0; i < forest_.features.size(); ++i) {
      if (!reached_[i]) return "a node belongs to no tree";
      if (const char* what = node(i)) return what;
    }
    return nullptr;
  }

 private:
  const char* lists() const {
    const std::size_t nodes = forest_.features.size();
    if (nodes == 0 || nodes > most_nodes || forest_.roots.empty()) return "a forest has no nodes, or too many";
    if (forest_.thresholds.size() != nodes || forest_.first.size() != nodes || forest_.second.size() != nodes)
      return "lists of nodes differ";
    if (!forest_.missing_first.empty() && forest_.missing_first.size() != nodes) return "lists of nodes differ";
    if (!forest_.covers.empty() && forest_.covers.size() != nodes) return "lists of nodes differ";
    if (forest_.weights_begin.size() != nodes + 1 || forest_.weights_begin.front() != 0) return "lists of weights differ";
    if (!std::ranges::is_sorted(forest_.weights_begin) || forest_.weights_begin.back() != forest_.weights.size())
      return "lists of weights differ";
    if (forest_.targets.size() != forest_.weights.size()) return "lists of weights differ";
    if (!are_numbers(forest_.thresholds) || !are_numbers(forest_.weights) || !are_numbers(forest_.base))
      return "a forest has what is no number";
    if (std::ranges::any_of(forest_.covers, [](float one) { return !std::isfinite(one) || one <= 0; })) return "a cover is none";
    if (std::ranges::any_of(forest_.targets, [this](std::uint32_t one) { return one >= forest_.width; })) return "a weight has no target";
    return nullptr;
  }

  const char* node(std::uint32_t i) {
    const std::uint32_t first = forest_.first[i], second = forest_.second[i];
    const bool has_weights = forest_.weights_begin[i + 1] != forest_.weights_begin[i];
    if (first == i && second == i) return nullptr;
    if (has_weights) return "a node with children has weights";
    if (forest_.features[i] >= forest_.from.slots.size()) return "a node looks at a column that is not there";
    for (const std::uint32_t child : {first, second}) {
      if (child <= i || child >= reached_.size() || reached_[child]) return "a node's child is none, or another's";
      reached_[child] = true;
      depths_[child] = static_cast<std::uint8_t>(depths_[i] + 1);
      if (depths_[child] > most_depth) return "a tree is too deep";
    }
    return nullptr;
  }

  const Forest& forest_;
  std::vector<std::uint8_t> depths_;
  std::vector<bool> reached_;
};

class PlanCheck {
 public:
  explicit PlanCheck(const Plan& plan) : plan_(plan) {}

  const char* fault() {
    if (plan_.inputs.size() > most_names || plan_.outputs.size() > most_names || plan_.steps.size() > most_steps)
      return "it has too many parts";
    if (plan_.inputs.empty() || plan_.outputs.empty()) return "it has no input or no output";
    for (const Input& input : plan_.inputs) {
      if (input.columns == 0 || !fill(input.kind, filled(input.kind), input.columns)) return "an input has no columns, or too many";
    }
    for (const Step& step : plan_.steps) {
      if (const char* what = std::visit([this](const auto& one) { return this->step(one); }, step)) return what;
    }
    for (const Output& output : plan_.outputs) {
      if (!ready(output.columns) || (output.form == Form::vector && output.columns.slots.size() != 1)) return "an output is not computed";
    }
    if (filled_[0] != plan_.floats || filled_[1] != plan_.ints || filled_[2] != plan_.texts) return "slots are not filled";
    return nullptr;
  }

 private:
  std::uint32_t& filled(Kind kind) { return filled_[static_cast<std::size_t>(kind)]; }
  bool ready(const Columns& columns) {
    const std::uint32_t here = filled(columns.kind);
    return !columns.slots.empty() && columns.slots.size() <= most_slots &&
           std::ranges::all_of(columns.slots, [here](std::uint32_t slot) { return slot < here; });
  }
  bool ready_numbers(const Columns& columns) { return columns.kind != Kind::texts && ready(columns); }
  // Slots are filled in order, so that none is read before and none twice.
  bool fill(Kind kind, std::uint32_t to, std::size_t count) {
    std::uint32_t& here = filled(kind);
    if (to != here || count > most_slots - here) return false;
    here += static_cast<std::uint32_t>(count);
    return true;
  }
  bool fill_label(const Labels& labels) {
    if (labels.ints.empty() == labels.texts.empty()) return false;
    return fill(labels.ints.empty() ? Kind::texts : Kind::ints, labels.slot, 1);
  }

  static constexpr const char* wrong = "a step's lists differ, or its columns are not there";

  const char* step(const Scale& one) {
    const std::size_t width = one.from.slots.size();
    const bool right = ready_numbers(one.from) && one.offsets.size() == width && one.factors.size() == width;
    return right && fill(Kind::floats, one.to, width) ? nullptr : wrong;
  }
  const char* step(const Arithmetic& one) {
    const std::size_t width = one.from.slots.size();
    return ready_numbers(one.from) && one.operands.size() == width && fill(Kind::floats, one.to, width) ? nullptr : wrong;
  }
  const char* step(const Impute& one) {
    const std::size_t width = one.from.slots.size();
    return ready_numbers(one.from) && one.values.size() == width && fill(Kind::floats, one.to, width) ? nullptr : wrong;
  }
  const char* step(const Normalise& one) {
    return ready_numbers(one.from) && fill(Kind::floats, one.to, one.from.slots.size()) ? nullptr : wrong;
  }
  const char* step(const OneHot& one) {
    const std::size_t categories = one.from.kind == Kind::texts ? one.texts.size() : one.ints.size();
    const bool right = ready(one.from) && categories > 0 && one.texts.empty() != one.ints.empty() && categories <= most_slots;
    return right && fill(Kind::floats, one.to, one.from.slots.size() * categories) ? nullptr : wrong;
  }
  const char* step(const Lookup& one) {
    const std::size_t keys = one.from.kind == Kind::texts ? one.text_keys.size() : one.int_keys.size();
    const bool one_kind = one.text_keys.empty() != one.int_keys.empty() && one.float_values.empty() != one.int_values.empty();
    const bool right =
        ready(one.from) && one.from.kind != Kind::floats && one_kind && keys == one.float_values.size() + one.int_values.size();
    const Kind to = one.int_values.empty() ? Kind::floats : Kind::ints;
    return right && keys > 0 && fill(to, one.to, one.from.slots.size()) ? nullptr : wrong;
  }
  const char* step(const Convert& one) {
    const bool right = ready_numbers(one.from) && one.kind != Kind::texts && one.kind != one.from.kind;
    return right && fill(one.kind, one.to, one.from.slots.size()) ? nullptr : wrong;
  }
  const char* step(const Linear& one) {
    const std::size_t width = one.intercepts.size();
    if (!ready_numbers(one.from) || width == 0 || width > most_slots || one.coefficients.size() != width * one.from.slots.size())
      return wrong;
    if (one.labels.size() > 0 && (one.labels.size() != width || !fill_label(one.labels))) return wrong;
    return fill(Kind::floats, one.to, width) ? nullptr : wrong;
  }
  const char* step(const Forest& one) {
    if (!ready_numbers(one.from) || one.width == 0 || one.width > most_slots) return wrong;
    if (const char* what = TreeCheck(one).fault()) return what;
    const std::size_t scores = one.scores == Scores::each ? one.width : 2;
    if (one.scores != Scores::each && (one.width != 1 || one.labels.size() != 2)) return wrong;
    if (!one.base.empty() && one.base.size() != one.width) return wrong;
    if (one.labels.size() > 0 && (one.labels.size() != scores || !fill_label(one.labels))) return wrong;
    return fill(Kind::floats, one.to, scores) ? nullptr : wrong;
  }

  const Plan& plan_;
  std::array<std::uint32_t, 3> filled_{};
};

}  // namespace

Status check_plan(const Plan& plan) {
  if (const char* fault = PlanCheck(plan).fault()) return invalid_plan(fault);
  return ok();
}

}  // namespace gatehouse::trees
