#include "gatehouse/trees/predictor.h"

#include <algorithm>
#include <limits>

#include "explain.h"
#include "gatehouse/trees/codec.h"
#include "origins.h"
#include "steps.h"

namespace gatehouse::trees {
namespace {

// The answer's place and names: those of the last model whose label or scores are an output.
Roles roles_of(const Plan& plan) {
  Roles roles;
  for (std::size_t i = 0; i < plan.outputs.size(); ++i) {
    const Output& output = plan.outputs[i];
    if (output.form == Form::vector || output.columns.kind != Kind::floats) {
      if (!roles.label) roles.label = i;
    } else if (!roles.scores) {
      roles.scores = i;
    }
  }
  for (const Step& step : plan.steps) {
    const Labels* labels = nullptr;
    if (const auto* linear = std::get_if<Linear>(&step)) labels = &linear->labels;
    if (const auto* forest = std::get_if<Forest>(&step)) labels = &forest->labels;
    if (labels == nullptr || labels->size() == 0) continue;
    roles.int_labels = labels->ints;
    roles.text_labels = labels->texts;
  }
  return roles;
}

template <class From, class To>
void copy_out(const From& slots, const std::vector<std::uint32_t>& which, std::vector<To>& out) {
  for (const std::uint32_t slot : which) out.push_back(slots[slot]);
}

}  // namespace

struct Predictor::Compiled {
  explicit Compiled(Plan given) : plan(std::move(given)), roles(roles_of(plan)), origins(plan) {
    for (const Input& input : plan.inputs) features += input.columns;
    for (const Step& step : plan.steps) {
      if (const auto* forest = std::get_if<Forest>(&step)) layouts.emplace_back(*forest);
    }
  }
  void load(std::span<const Values> inputs, std::size_t row, Workspace& workspace) const;
  Status run(Workspace& workspace) const;

  const Plan plan;
  const Roles roles;
  const Origins origins;
  std::size_t features = 0;
  std::vector<ForestLayout> layouts;  // of the forests among the steps, in order
};

void Predictor::Compiled::load(std::span<const Values> inputs, std::size_t row, Workspace& workspace) const {
  std::size_t floats = 0, ints = 0, texts = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::size_t width = plan.inputs[i].columns, from = row * width;
    switch (plan.inputs[i].kind) {
      case Kind::floats:
        std::ranges::copy(inputs[i].floats.subspan(from, width), workspace.floats.begin() + static_cast<std::ptrdiff_t>(floats));
        floats += width;
        break;
      case Kind::ints:
        std::ranges::copy(inputs[i].ints.subspan(from, width), workspace.ints.begin() + static_cast<std::ptrdiff_t>(ints));
        ints += width;
        break;
      case Kind::texts:
        std::ranges::copy(inputs[i].texts.subspan(from, width), workspace.texts.begin() + static_cast<std::ptrdiff_t>(texts));
        texts += width;
        break;
    }
  }
}

Status Predictor::Compiled::run(Workspace& workspace) const {
  Row row(workspace);
  auto layout = layouts.begin();
  for (const Step& step : plan.steps) {
    if (const auto* forest = std::get_if<Forest>(&step)) {
      GH_CHECK(row.run(*forest, *layout++));
      continue;
    }
    GH_CHECK(std::visit(
        [&row](const auto& one) -> Status {
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(one)>, Forest>) {
            return ok();
          } else {
            return row.run(one);
          }
        },
        step));
  }
  return ok();
}

Predictor::Predictor(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
Predictor::Predictor(Predictor&&) noexcept = default;
Predictor& Predictor::operator=(Predictor&&) noexcept = default;
Predictor::~Predictor() = default;

Result<Predictor> Predictor::make(Plan plan) {
  GH_CHECK(check_plan(plan));
  return Predictor(std::make_unique<const Compiled>(std::move(plan)));
}

const Plan& Predictor::plan() const { return compiled_->plan; }
const Roles& Predictor::roles() const { return compiled_->roles; }
std::size_t Predictor::features() const { return compiled_->features; }
std::string_view Predictor::unexplained() const { return compiled_->origins.unexplained(); }

namespace {

void make_room(const Plan& plan, Workspace& workspace) {
  constexpr std::size_t floats_behind = 16;  // behind the last slot
  workspace.floats.resize(plan.floats + floats_behind);
  workspace.ints.resize(plan.ints);
  workspace.texts.resize(plan.texts);
  workspace.answers.resize(plan.outputs.size());
  for (Answer& answer : workspace.answers) answer.floats.clear(), answer.ints.clear(), answer.texts.clear();
}

void check_inputs(const Plan& plan, std::span<const Values> inputs, std::size_t rows) {
  GH_ASSERT(inputs.size() == plan.inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::size_t width = plan.inputs[i].columns;
    const std::size_t given = plan.inputs[i].kind == Kind::floats ? inputs[i].floats.size()
                              : plan.inputs[i].kind == Kind::ints ? inputs[i].ints.size()
                                                                  : inputs[i].texts.size();
    GH_ASSERT(rows <= given / width && given == rows * width);
  }
}

}  // namespace

Status Predictor::predict(std::span<const Values> inputs, std::size_t rows, Workspace& workspace) const {
  const Plan& plan = compiled_->plan;
  check_inputs(plan, inputs, rows);
  make_room(plan, workspace);
  for (std::size_t row = 0; row < rows; ++row) {
    compiled_->load(inputs, row, workspace);
    GH_CHECK(compiled_->run(workspace));
    for (std::size_t i = 0; i < plan.outputs.size(); ++i) {
      const Columns& columns = plan.outputs[i].columns;
      Answer& answer = workspace.answers[i];
      if (columns.kind == Kind::floats) copy_out(workspace.floats, columns.slots, answer.floats);
      if (columns.kind == Kind::ints) copy_out(workspace.ints, columns.slots, answer.ints);
      if (columns.kind == Kind::texts) copy_out(workspace.texts, columns.slots, answer.texts);
    }
  }
  return ok();
}

Result<Explanation> Predictor::explain(std::span<const Values> inputs, Workspace& workspace) const {
  const Origins& origins = compiled_->origins;
  if (!origins.unexplained().empty()) return caller_error("explanation_unavailable", std::string(origins.unexplained()));
  GH_CHECK(predict(inputs, 1, workspace));
  const Forest& forest = *origins.forest();
  Row row(workspace);
  const std::vector<std::vector<double>> sums = contributions_of(forest, row.gathered(forest.from, forest.from.slots.size()));
  Explanation out;
  out.base_values = expected_sums(forest);
  for (const std::vector<double>& of_target : sums) {
    std::vector<double>& features = out.contributions.emplace_back(compiled_->features, 0);
    for (std::size_t i = 0; i < of_target.size(); ++i) {
      if (const std::optional<std::size_t> origin = origins.of_column(i)) features[*origin] += of_target[i];
    }
  }
  if (forest.transform != Transform::none) out.of = Explanation::Of::margins;
  if (forest.scores == Scores::each) return out;
  // What speaks for the second class speaks against the first.
  out.base_values.insert(out.base_values.begin(), (forest.scores == Scores::positive ? 1 : 0) - out.base_values.front());
  std::vector<double> against = out.contributions.front();
  for (double& one : against) one = -one;
  out.contributions.insert(out.contributions.begin(), std::move(against));
  return out;
}

}  // namespace gatehouse::trees
