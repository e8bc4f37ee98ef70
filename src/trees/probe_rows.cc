#include "gatehouse/trees/probe_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "gatehouse/base/random.h"

namespace gatehouse::trees {
namespace {

constexpr std::size_t fewest_rows = 512, most_rows = 4096, turns = 2;
constexpr float farthest_float = 1e18F;
constexpr double farthest_whole = 1e15;
constexpr std::uint64_t seed = 20;

// What a column of an input is tried with.
struct Trials {
  std::vector<float> floats;
  std::vector<std::int64_t> ints;
  std::vector<std::string> texts;
};

// Where a slot's value comes from, as far as that is a number times a scale plus a shift.
struct Source {
  Trials* column = nullptr;  // null: from several, or by a table
  double scale = 1, shift = 0;
};

class Collector {
 public:
  explicit Collector(const Plan& plan) : plan_(plan) {
    for (const Input& input : plan.inputs) {
      for (std::uint32_t i = 0; i < input.columns; ++i) columns_.emplace_back();
    }
    std::size_t column = 0;
    for (const Input& input : plan.inputs) {
      for (std::uint32_t i = 0; i < input.columns; ++i) slots(input.kind).push_back({&columns_[column++]});
    }
  }

  std::vector<Trials> collect() {
    for (const Step& step : plan_.steps) std::visit([this](const auto& one) { take(one); }, step);
    return std::move(columns_);
  }

 private:
  std::vector<Source>& slots(Kind kind) { return slots_[static_cast<std::size_t>(kind)]; }
  Source source(const Columns& from, std::size_t i) { return slots(from.kind).at(from.slots[i]); }
  void fill(Kind kind, Source source) { slots(kind).push_back(source); }
  void lose(Kind kind, std::size_t count) { slots(kind).resize(slots(kind).size() + count); }

  // A number on which something turns.
  static void add(const Source& source, double value) {
    if (source.column == nullptr || source.scale == 0) return;
    const double number = (value - source.shift) / source.scale;
    if (!std::isfinite(number)) return;
    if (std::abs(number) < static_cast<double>(farthest_float)) {
      const auto edge = static_cast<float>(number);
      for (const float one : {edge, std::nextafter(edge, -farthest_float), std::nextafter(edge, farthest_float)})
        source.column->floats.push_back(one);
    }
    if (std::abs(number) < farthest_whole) {
      const auto below = static_cast<std::int64_t>(std::floor(number));
      source.column->ints.insert(source.column->ints.end(), {below, below + 1});
    }
  }

  void take(const Scale& step) {
    for (std::size_t i = 0; i < step.offsets.size(); ++i) {
      Source made = source(step.from, i);
      const auto factor = static_cast<double>(step.factors[i]);
      made.scale *= factor;
      made.shift = (made.shift - static_cast<double>(step.offsets[i])) * factor;
      fill(Kind::floats, made);
    }
  }
  void take(const Arithmetic& step) {
    for (std::size_t i = 0; i < step.operands.size(); ++i) {
      Source made = source(step.from, i);
      const auto operand = static_cast<double>(step.operands[i]);
      const double factor = step.sign == Sign::multiply ? operand : step.sign == Sign::divide ? 1 / operand : 1;
      const double shift = step.sign == Sign::add ? operand : step.sign == Sign::subtract ? -operand : 0;
      made.scale *= factor;
      made.shift = made.shift * factor + shift;
      fill(Kind::floats, made);
    }
  }
  void take(const Impute& step) {
    for (std::size_t i = 0; i < step.values.size(); ++i) {
      const Source from = source(step.from, i);
      if (!std::isnan(step.missing)) add(from, static_cast<double>(step.missing));
      add(from, static_cast<double>(step.values[i]));
      fill(Kind::floats, from);
    }
  }
  void take(const Normalise& step) { lose(Kind::floats, step.from.slots.size()); }
  void take(const OneHot& step) {
    for (std::size_t i = 0; i < step.from.slots.size(); ++i) {
      const Source from = source(step.from, i);
      add_keys(from, step.ints, step.texts, step.strangers == Strangers::are_zeros);
      lose(Kind::floats, step.ints.size() + step.texts.size());
    }
  }
  void take(const Lookup& step) {
    for (std::size_t i = 0; i < step.from.slots.size(); ++i) {
      add_keys(source(step.from, i), step.int_keys, step.text_keys, true);
      lose(step.int_values.empty() ? Kind::floats : Kind::ints, 1);
    }
  }
  void take(const Convert& step) {
    for (std::size_t i = 0; i < step.from.slots.size(); ++i) fill(step.kind, source(step.from, i));
  }
  void take(const Linear& step) {
    lose_label(step.labels);
    lose(Kind::floats, step.intercepts.size());
  }
  void take(const Forest& step) {
    for (std::size_t i = 0; i < step.first.size(); ++i) {
      if (step.first[i] != i) add(source(step.from, step.features[i]), static_cast<double>(step.thresholds[i]));
    }
    lose_label(step.labels);
    lose(Kind::floats, step.scores == Scores::each ? step.width : 2);
  }

  void lose_label(const Labels& labels) {
    if (labels.size() > 0) lose(labels.ints.empty() ? Kind::texts : Kind::ints, 1);
  }
  static void add_keys(const Source& source, const std::vector<std::int64_t>& ints, const std::vector<std::string>& texts, bool strangers) {
    if (source.column == nullptr) return;
    Trials& trials = *source.column;
    trials.texts.insert(trials.texts.end(), texts.begin(), texts.end());
    if (strangers) trials.texts.insert(trials.texts.end(), {"", "a stranger"});
    if (source.scale != 1 || source.shift != 0) return;
    trials.ints.insert(trials.ints.end(), ints.begin(), ints.end());
    for (const std::int64_t one : ints) trials.floats.push_back(static_cast<float>(one));
    if (strangers) trials.ints.insert(trials.ints.end(), {-1, 1'000'003});
  }

  const Plan& plan_;
  std::vector<Trials> columns_;
  std::array<std::vector<Source>, 3> slots_;
};

class Filler {
 public:
  Filler(Kind kind, const Trials& trials, SeededRandom& dice) : kind_(kind), trials_(trials), dice_(dice), at_(dice.next_u64()) {
    if (!trials.floats.empty()) {
      const auto [low, high] = std::ranges::minmax(trials.floats);
      low_ = low - 1, high_ = high + 1;
    }
  }
  void append(std::string& out) {
    if (kind_ == Kind::texts) return wire::append_bytes_element(out, trials_.texts.empty() ? "a" : next(trials_.texts));
    if (kind_ == Kind::ints)
      return plain(out, trials_.ints.empty() ? static_cast<std::int64_t>(dice_.next_u64() % 21) - 10 : next(trials_.ints));
    if (!trials_.floats.empty() && dice_.next_u64() % 4 != 0) return plain(out, next(trials_.floats));
    const double share = static_cast<double>(dice_.next_u64() % 1'000'001) / 1e6;
    plain(out, static_cast<float>(static_cast<double>(low_) * (1 - share) + static_cast<double>(high_) * share));
  }

 private:
  template <class T>
  const T& next(const std::vector<T>& trials) {
    return trials[at_++ % trials.size()];
  }
  template <class T>
  static void plain(std::string& out, T value) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out.append(bytes, sizeof(T));
  }
  const Kind kind_;
  const Trials& trials_;
  SeededRandom& dice_;
  std::uint64_t at_;
  float low_ = -10, high_ = 10;
};

}  // namespace

std::vector<wire::Tensor> probe_rows(const Plan& plan) {
  const std::vector<Trials> columns = Collector(plan).collect();
  std::size_t longest = 0;
  for (const Trials& one : columns) longest = std::max({longest, one.floats.size(), one.ints.size(), one.texts.size()});
  const std::size_t rows = std::clamp(longest * turns, fewest_rows, most_rows);
  SeededRandom dice(seed);
  std::vector<wire::Tensor> inputs;
  std::size_t first = 0;
  for (const Input& input : plan.inputs) {
    wire::Tensor& tensor = inputs.emplace_back();
    tensor.name = input.name;
    tensor.datatype = input.kind == Kind::floats ? wire::Datatype::fp32
                      : input.kind == Kind::ints ? wire::Datatype::int64
                                                 : wire::Datatype::bytes;
    tensor.shape = {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(input.columns)};
    std::vector<Filler> fillers;
    for (std::uint32_t i = 0; i < input.columns; ++i) fillers.emplace_back(input.kind, columns[first + i], dice);
    for (std::size_t row = 0; row < rows; ++row) {
      for (Filler& one : fillers) one.append(tensor.bytes);
    }
    first += input.columns;
  }
  return inputs;
}

}  // namespace gatehouse::trees
