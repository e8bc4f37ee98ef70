#include "contributions.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "gatehouse/trees/tensor_predictor.h"

namespace gatehouse::gateway {
namespace {

using Native = std::shared_ptr<const trees::TensorPredictor>;

// Nanoseconds of a core, about, that one request may ask for.
constexpr std::uint64_t most_work = 200'000'000;
constexpr std::size_t most_values = 256UL * 1024;

Error unavailable(std::string why) { return caller_error("explanation_unavailable", std::move(why)).with_param("explain"); }

Error overloaded() {
  return Error(Code::unavailable, Origin::gatehouse, "server_is_overloaded", "More explanations are asked for than can be made")
      .with_retry(Retry::after(seconds(2)));
}

Error not_native() {
  return unavailable("This model cannot be explained: it is not computed as trees (`gatehouse model list` says by what)");
}

std::size_t values_a_row(const trees::Predictor& predictor) {
  const trees::Roles& roles = predictor.roles();
  const std::size_t classes = roles.int_labels.size() + roles.text_labels.size();
  const std::size_t scores = roles.scores ? predictor.plan().outputs[*roles.scores].columns.slots.size() : 1;
  return std::max(classes, scores) * predictor.features();
}

Status check_rows(const trees::TensorPredictor& native, std::size_t rows) {
  if (const std::string_view why = native.predictor().unexplained(); !why.empty()) return unavailable(std::string(why));
  const std::uint64_t most =
      std::min<std::uint64_t>(most_work / native.work_to_explain_a_row(), most_values / values_a_row(native.predictor()));
  if (most == 0) return unavailable("This model has too many nodes or features to be explained");
  if (rows <= most) return ok();
  return Error(Code::too_large, Origin::caller, "too_many_rows",
               "There are " + std::to_string(rows) + " rows, and at most " + std::to_string(most) +
                   " of this model can be explained at a time")
      .with_param("data");
}

std::string_view word_for(const trees::Explanation& explanation, const trees::Roles& roles) {
  if (explanation.of == trees::Explanation::Of::margins) return "margins";
  return roles.int_labels.empty() && roles.text_labels.empty() ? "values" : "probabilities";
}

Result<std::vector<wire::Explanation>> explanations_of(const trees::TensorPredictor& native, const std::vector<wire::Tensor>& inputs) {
  GH_TRY(std::vector<trees::Explanation> found, native.explain(inputs));
  std::vector<wire::Explanation> out;
  for (trees::Explanation& one : found) {
    wire::Explanation& row = out.emplace_back();
    row.of = word_for(one, native.predictor().roles());
    row.base_values = std::move(one.base_values);
    row.contributions = std::move(one.contributions);
  }
  return out;
}

}  // namespace

Status Contributions::check(const ServedModel& model, std::size_t rows) const {
  const Native native = model.tensors->native();
  if (native) return check_rows(*native, rows);
  return model.tensors->life() == engine::Life::ready ? Status(not_native()) : ok();
}

Task<Result<std::vector<wire::Explanation>>> Contributions::explain(Reactor& reactor, const TensorAdmitted& admitted, std::size_t rows) {
  const Native native = admitted.permitted().model().tensors->native();
  if (!native) co_return not_native();
  const Status may = check_rows(*native, rows);
  if (!may) co_return may.error();
  const std::vector<wire::Tensor>& given = admitted.call().inputs;
  if (!native->rows_in(given, {})) co_return unavailable("These rows cannot be explained");
  const std::optional<FairPlaces::Place> place = places_.take(admitted.permitted().identified().principal().tenant_number);
  if (!place) co_return overloaded();
  // Whoever waits for it may be gone before it ends.
  const auto inputs = std::make_shared<const std::vector<wire::Tensor>>(given);
  std::function<Result<std::vector<wire::Explanation>>(Worker&)> work = [native, inputs](Worker&) {
    return explanations_of(*native, *inputs);
  };
  auto working = pool_.run<Result<std::vector<wire::Explanation>>>(reactor, std::move(work));
  std::optional<Result<std::vector<wire::Explanation>>> done = co_await std::move(working);
  if (done) co_return std::move(*done);
  co_return overloaded();
}

}  // namespace gatehouse::gateway
