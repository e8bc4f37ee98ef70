#include "gatehouse/trees/tensor_predictor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "gatehouse/trees/codec.h"
#include "plan_error.h"
#include "work.h"

namespace gatehouse::trees {
namespace {

using wire::Datatype;
using wire::Tensor;

Datatype datatype_of(Kind kind) { return kind == Kind::floats ? Datatype::fp32 : kind == Kind::ints ? Datatype::int64 : Datatype::bytes; }

template <class T>
std::vector<T> plain_values(const std::string& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

template <class T>
std::string plain_bytes(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

// The values of all inputs, in the order of the plan.
class Table {
 public:
  void add(Kind kind, const Tensor& tensor) {
    Held& held = held_.emplace_back();
    if (kind == Kind::floats) held.floats = plain_values<float>(tensor.bytes);
    if (kind == Kind::ints) held.ints = plain_values<std::int64_t>(tensor.bytes);
    if (kind == Kind::texts) held.texts = wire::bytes_elements(tensor.bytes);
  }
  std::vector<Values> all() const {
    std::vector<Values> values;
    for (const Held& one : held_) values.push_back({one.floats, one.ints, one.texts});
    return values;
  }
  std::vector<Values> row(const Plan& plan, std::size_t row) const {
    std::vector<Values> values;
    for (std::size_t i = 0; i < held_.size(); ++i) {
      const std::size_t width = plan.inputs[i].columns;
      const auto part = [at = row * width, width](const auto& list) {
        return std::span(list).subspan(list.empty() ? 0 : at, list.empty() ? 0 : width);
      };
      values.push_back({part(held_[i].floats), part(held_[i].ints), part(held_[i].texts)});
    }
    return values;
  }

 private:
  struct Held {
    std::vector<float> floats;
    std::vector<std::int64_t> ints;
    std::vector<std::string_view> texts;
  };
  std::vector<Held> held_;
};

Table table_of(const Plan& plan, std::span<const Tensor> inputs) {
  Table table;
  for (const Input& input : plan.inputs) table.add(input.kind, *std::ranges::find(inputs, input.name, &Tensor::name));
  return table;
}

Tensor tensor_of(const Output& output, const Answer& answer, std::size_t rows) {
  Tensor tensor;
  tensor.name = output.name;
  tensor.datatype = datatype_of(output.columns.kind);
  tensor.shape.push_back(static_cast<std::int64_t>(rows));
  if (output.form == Form::matrix) tensor.shape.push_back(static_cast<std::int64_t>(output.columns.slots.size()));
  if (output.columns.kind == Kind::floats) tensor.bytes = plain_bytes(answer.floats);
  if (output.columns.kind == Kind::ints) tensor.bytes = plain_bytes(answer.ints);
  for (const std::string_view text : answer.texts) wire::append_bytes_element(tensor.bytes, text);
  return tensor;
}

bool all_finite(const Tensor& tensor) {
  return tensor.datatype != Datatype::fp32 ||
         std::ranges::all_of(plain_values<float>(tensor.bytes), [](float one) { return std::isfinite(one); });
}

// Each name there once, of the kind that the plan has.
bool agree(const Plan& plan, const TensorPredictor::Signature& signature) {
  if (signature.inputs.size() != plan.inputs.size()) return false;
  for (const Input& input : plan.inputs) {
    const auto said = std::ranges::find(signature.inputs, input.name, &wire::TensorSpec::name);
    if (said == signature.inputs.end() || said->datatype != datatype_of(input.kind) || said->shape.size() != 2) return false;
    if (said->shape[1] != static_cast<std::int64_t>(input.columns)) return false;
  }
  return std::ranges::all_of(signature.outputs, [&plan](const wire::TensorSpec& said) {
    const auto output = std::ranges::find(plan.outputs, said.name, &Output::name);
    return output != plan.outputs.end() && said.datatype == datatype_of(output->columns.kind);
  });
}

}  // namespace

Result<TensorPredictor> TensorPredictor::make(Plan plan, Signature signature) {
  if (!agree(plan, signature)) return invalid_plan("it is of another graph than the signature");
  GH_TRY(Predictor predictor, Predictor::make(std::move(plan)));
  return TensorPredictor(std::move(predictor), std::move(signature));
}

Result<TensorPredictor> TensorPredictor::read(std::string_view plan, Signature signature) {
  if (plan.size() > most_bytes) return invalid_plan("it is larger than what is computed here");
  GH_TRY(Plan read, read_plan(plan));
  if (work_of(read) > most_work) return invalid_plan("a row of it is too much work");
  return make(std::move(read), std::move(signature));
}

TensorPredictor::TensorPredictor(Predictor predictor, Signature signature)
    : predictor_(std::move(predictor)),
      signature_(std::move(signature)),
      work_a_row_(work_of(predictor_.plan())),
      work_to_explain_a_row_(work_to_explain(predictor_.plan())) {}

std::optional<std::size_t> TensorPredictor::output_named(std::string_view name) const {
  const std::vector<Output>& outputs = predictor_.plan().outputs;
  const auto found = std::ranges::find(outputs, name, &Output::name);
  return found == outputs.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - outputs.begin()));
}

std::optional<std::size_t> TensorPredictor::rows_in(std::span<const Tensor> inputs, std::span<const std::string> wanted) const {
  if (inputs.size() != signature_.inputs.size()) return std::nullopt;
  std::optional<std::int64_t> rows;
  for (const wire::TensorSpec& spec : signature_.inputs) {
    const auto tensor = std::ranges::find(inputs, spec.name, &Tensor::name);
    if (tensor == inputs.end() || !wire::check_fit(*tensor, spec) || !all_finite(*tensor)) return std::nullopt;
    if (rows.value_or(tensor->shape.front()) != tensor->shape.front()) return std::nullopt;
    rows = tensor->shape.front();
  }
  const auto given = [this](const std::string& name) {
    return std::ranges::find(signature_.outputs, name, &wire::TensorSpec::name) != signature_.outputs.end();
  };
  if (!rows || *rows <= 0 || !std::ranges::all_of(wanted, given)) return std::nullopt;
  return static_cast<std::size_t>(*rows);
}

Result<std::vector<Tensor>> TensorPredictor::predict(std::span<const Tensor> inputs, std::span<const std::string> wanted) const {
  const Plan& plan = predictor_.plan();
  const auto rows = static_cast<std::size_t>(inputs.front().shape.front());
  const Table table = table_of(plan, inputs);
  Workspace workspace;
  GH_CHECK(predictor_.predict(table.all(), rows, workspace));
  std::vector<Tensor> outputs;
  const auto answer = [&](std::string_view name) {
    const std::size_t place = *output_named(name);
    outputs.push_back(tensor_of(plan.outputs[place], workspace.answers[place], rows));
  };
  for (const std::string& name : wanted) answer(name);
  if (wanted.empty()) {
    for (const wire::TensorSpec& spec : signature_.outputs) answer(spec.name);
  }
  return outputs;
}

Result<std::vector<Explanation>> TensorPredictor::explain(std::span<const Tensor> inputs) const {
  const auto rows = static_cast<std::size_t>(inputs.front().shape.front());
  const Table table = table_of(predictor_.plan(), inputs);
  Workspace workspace;
  std::vector<Explanation> explanations;
  for (std::size_t row = 0; row < rows; ++row) {
    GH_TRY(Explanation one, predictor_.explain(table.row(predictor_.plan(), row), workspace));
    explanations.push_back(std::move(one));
  }
  return explanations;
}

}  // namespace gatehouse::trees
