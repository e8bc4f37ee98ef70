#include "steps.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gatehouse::trees {
namespace {

// Towards 0; what fits into no whole number is the least one, as the machine has it.
std::int64_t whole(float value) {
  constexpr float end = 9223372036854775808.0F;
  return value >= -end && value < end ? static_cast<std::int64_t>(value) : std::numeric_limits<std::int64_t>::min();
}

float logistic(float value) {
  const float high = 1 / (1 + std::exp(-std::abs(value)));
  return value < 0 ? 1 - high : high;
}

template <class T, class U>
std::size_t place_in(const std::vector<T>& list, const U& value) {
  return static_cast<std::size_t>(std::ranges::find(list, value) - list.begin());
}

std::size_t highest(std::span<const float> scores) {
  std::size_t best = 0;
  for (std::size_t k = 1; k < scores.size(); ++k) best = scores[k] > scores[best] ? k : best;
  return best;
}

}  // namespace

void apply(Transform transform, std::span<float> scores) {
  if (transform == Transform::logistic) std::ranges::transform(scores, scores.begin(), &logistic);
  if (transform != Transform::softmax) return;
  const float top = *std::ranges::max_element(scores);
  float sum = 0;
  for (float& score : scores) sum += score = std::exp(score - top);
  for (float& score : scores) score /= sum;
}

void Row::label(const Labels& labels, std::size_t which) {
  if (!labels.ints.empty()) workspace_.ints[labels.slot] = labels.ints[which];
  if (!labels.texts.empty()) workspace_.texts[labels.slot] = labels.texts[which];
}

Status Row::run(const Scale& step) {
  for (std::size_t i = 0; i < step.offsets.size(); ++i) {
    workspace_.floats[step.to + i] = (number(step.from, i) - step.offsets[i]) * step.factors[i];
  }
  return ok();
}

Status Row::run(const Arithmetic& step) {
  for (std::size_t i = 0; i < step.operands.size(); ++i) {
    const float value = number(step.from, i), operand = step.operands[i];
    workspace_.floats[step.to + i] = step.sign == Sign::add        ? value + operand
                                     : step.sign == Sign::subtract ? value - operand
                                     : step.sign == Sign::multiply ? value * operand
                                                                   : value / operand;
  }
  return ok();
}

Status Row::run(const Impute& step) {
  for (std::size_t i = 0; i < step.values.size(); ++i) {
    const float value = number(step.from, i);
    const bool missing = std::isnan(step.missing) ? std::isnan(value) : value == step.missing;
    workspace_.floats[step.to + i] = missing ? step.values[i] : value;
  }
  return ok();
}

Status Row::run(const Normalise& step) {
  const std::size_t width = step.from.slots.size();
  float norm = step.norm == Norm::max ? -std::numeric_limits<float>::infinity() : 0;
  for (std::size_t i = 0; i < width; ++i) {
    const float value = number(step.from, i);
    norm = step.norm == Norm::max ? std::max(norm, value) : norm + (step.norm == Norm::l1 ? std::abs(value) : value * value);
  }
  if (step.norm == Norm::l2) norm = std::sqrt(norm);
  for (std::size_t i = 0; i < width; ++i) workspace_.floats[step.to + i] = norm != 0 ? number(step.from, i) / norm : number(step.from, i);
  return ok();
}

Status Row::run(const OneHot& step) {
  const std::size_t categories = step.ints.size() + step.texts.size();
  for (std::size_t i = 0; i < step.from.slots.size(); ++i) {
    float* out = workspace_.floats.data() + step.to + i * categories;
    std::fill_n(out, categories, 0.0F);
    const std::uint32_t slot = step.from.slots[i];
    const std::size_t found = step.from.kind == Kind::texts  ? place_in(step.texts, workspace_.texts[slot])
                              : step.from.kind == Kind::ints ? place_in(step.ints, workspace_.ints[slot])
                                                             : place_in(step.ints, whole(workspace_.floats[slot]));
    if (found < categories) {
      out[found] = 1;
    } else if (step.strangers == Strangers::are_refused) {
      return caller_error("unknown_category", "A value is none of the categories that the model knows");
    }
  }
  return ok();
}

Status Row::run(const Lookup& step) {
  for (std::size_t i = 0; i < step.from.slots.size(); ++i) {
    const std::uint32_t slot = step.from.slots[i];
    const std::size_t found =
        step.from.kind == Kind::texts ? place_in(step.text_keys, workspace_.texts[slot]) : place_in(step.int_keys, workspace_.ints[slot]);
    if (!step.int_values.empty()) {
      workspace_.ints[step.to + i] = found < step.int_values.size() ? step.int_values[found] : step.int_otherwise;
    } else {
      workspace_.floats[step.to + i] = found < step.float_values.size() ? step.float_values[found] : step.float_otherwise;
    }
  }
  return ok();
}

Status Row::run(const Convert& step) {
  for (std::size_t i = 0; i < step.from.slots.size(); ++i) {
    if (step.kind == Kind::floats) {
      workspace_.floats[step.to + i] = number(step.from, i);
    } else {
      workspace_.ints[step.to + i] = whole(number(step.from, i));
    }
  }
  return ok();
}

Status Row::run(const Linear& step) {
  const std::size_t width = step.intercepts.size(), columns = step.from.slots.size();
  const std::span<float> scores(workspace_.floats.data() + step.to, width);
  for (std::size_t k = 0; k < width; ++k) {
    double sum = static_cast<double>(step.intercepts[k]);
    for (std::size_t i = 0; i < columns; ++i) {
      sum += static_cast<double>(step.coefficients[k * columns + i]) * static_cast<double>(number(step.from, i));
    }
    scores[k] = static_cast<float>(sum);
  }
  if (step.labels.size() > 0) label(step.labels, highest(scores));
  apply(step.transform, scores);
  return ok();
}

const float* Row::gathered(const Columns& columns, std::size_t floats) {
  const std::size_t width = columns.slots.size(), first = columns.slots.front();
  const bool side_by_side = columns.kind == Kind::floats && columns.slots.back() - columns.slots.front() + 1 == width &&
                            std::ranges::is_sorted(columns.slots, std::ranges::less_equal());
  if (side_by_side && first + floats <= workspace_.floats.size()) return workspace_.floats.data() + first;
  workspace_.gathered.resize(std::max(workspace_.gathered.size(), floats));
  for (std::size_t i = 0; i < width; ++i) workspace_.gathered[i] = number(columns, i);
  return workspace_.gathered.data();
}

Status Row::run(const Forest& step, const ForestLayout& layout) {
  layout.sum(gathered(step.from, layout.row_floats()), workspace_.sums);
  for (std::size_t k = 0; k < step.base.size(); ++k) workspace_.sums[k] += step.base[k];
  float* scores = workspace_.floats.data() + step.to;
  if (step.scores == Scores::each) {
    std::copy_n(workspace_.sums.begin(), step.width, scores);
    if (step.labels.size() > 0) label(step.labels, highest({scores, step.width}));
    apply(step.transform, {scores, step.width});
    return ok();
  }
  const float score = workspace_.sums.front();
  const bool probability = step.scores == Scores::positive;
  if (step.labels.size() > 0) label(step.labels, score > (probability ? 0.5F : 0.0F) ? 1 : 0);
  scores[0] = probability ? 1 - score : logistic(-score);
  scores[1] = probability ? score : logistic(score);
  return ok();
}

}  // namespace gatehouse::trees
