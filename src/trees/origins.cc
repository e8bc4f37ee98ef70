#include "origins.h"

#include <algorithm>
#include <numeric>

namespace gatehouse::trees {

Origins::Origins(const Plan& plan) {
  std::size_t column = 0;
  for (const Input& input : plan.inputs) {
    for (std::uint32_t i = 0; i < input.columns; ++i) slots_[static_cast<std::size_t>(input.kind)].emplace_back(column++);
  }
  if (const char* why = why_not(plan)) unexplained_ = why;
}

void Origins::follow(const Columns& from, Kind to, std::size_t copies) {
  for (const std::uint32_t slot : from.slots) {
    const Origin origin = slots_[static_cast<std::size_t>(from.kind)][slot];
    slots_[static_cast<std::size_t>(to)].insert(slots_[static_cast<std::size_t>(to)].end(), copies, origin);
  }
}

void Origins::lose(Kind to, std::size_t count) {
  std::vector<Origin>& slots = slots_[static_cast<std::size_t>(to)];
  slots.resize(slots.size() + count);
}

const char* Origins::why_not(const Plan& plan) {
  for (const Step& step : plan.steps) {
    if (forest_ != nullptr) return "Only what a single forest answers can be explained";
    if (const auto* scale = std::get_if<Scale>(&step)) follow(scale->from, Kind::floats, 1);
    if (const auto* arithmetic = std::get_if<Arithmetic>(&step)) follow(arithmetic->from, Kind::floats, 1);
    if (const auto* impute = std::get_if<Impute>(&step)) follow(impute->from, Kind::floats, 1);
    if (const auto* convert = std::get_if<Convert>(&step)) follow(convert->from, convert->kind, 1);
    if (const auto* one_hot = std::get_if<OneHot>(&step)) follow(one_hot->from, Kind::floats, one_hot->ints.size() + one_hot->texts.size());
    if (const auto* lookup = std::get_if<Lookup>(&step)) follow(lookup->from, lookup->int_values.empty() ? Kind::floats : Kind::ints, 1);
    if (const auto* normalise = std::get_if<Normalise>(&step)) lose(Kind::floats, normalise->from.slots.size());
    if (std::holds_alternative<Linear>(step)) return "Only forests can be explained, and this model is linear";
    forest_ = std::get_if<Forest>(&step);
  }
  if (forest_ == nullptr) return "Only forests can be explained, and this model has none";
  if (forest_->covers.empty()) {
    return "This model's file does not say how many samples its nodes have seen, and cannot be explained without; tools/tabular writes "
           "that";
  }
  std::vector<bool> asked(forest_->from.slots.size(), false);
  for (std::size_t i = 0; i < forest_->first.size(); ++i) {
    if (forest_->first[i] != i) asked[forest_->features[i]] = true;
  }
  for (std::size_t i = 0; i < asked.size(); ++i) {
    columns_.push_back(slots_[static_cast<std::size_t>(forest_->from.kind)][forest_->from.slots[i]]);
    if (asked[i] && !columns_.back()) return "What this model prepares from several features at once cannot be explained";
  }
  const std::size_t width = forest_->scores == Scores::each ? forest_->width : 2;
  std::vector<std::uint32_t> scores(width);
  std::iota(scores.begin(), scores.end(), forest_->to);
  const bool answered = std::ranges::any_of(plan.outputs, [&](const Output& one) { return one.columns == Columns{Kind::floats, scores}; });
  return answered ? nullptr : "This model does not answer with its forest's scores";
}

}  // namespace gatehouse::trees
