#include "token_model.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "gatehouse/wire/text/rows.h"

namespace gatehouse::adapters {

namespace w = wire::engine;

namespace {

constexpr std::string_view ids_name = "input_ids", mask_name = "attention_mask", kinds_name = "token_type_ids";

Error unfit_graph(std::string text) { return operator_error("model_load_failed", std::move(text)); }

Error infer_went_wrong(std::string_view what) {
  return Error(Code::internal, Origin::engine, "infer_failed", "The model could not compute an answer for this input")
      .with_detail(std::string(what) + " is not as it must be");
}

bool has_input(const w::Signature& signature, std::string_view name) {
  return std::ranges::find(signature.inputs, name, &wire::TensorSpec::name) != signature.inputs.end();
}

Status check_inputs(const w::Signature& signature) {
  for (const std::string_view name : {ids_name, mask_name}) {
    if (!has_input(signature, name)) return unfit_graph("a graph of texts needs the input '" + std::string(name) + "'");
  }
  for (const wire::TensorSpec& input : signature.inputs) {
    if (input.name != ids_name && input.name != mask_name && input.name != kinds_name) {
      return unfit_graph("a graph of texts has no input '" + input.name + "'");
    }
    const bool free = std::ranges::all_of(input.shape, [](std::int64_t extent) { return extent == -1; });
    if (input.datatype != wire::Datatype::int64 || input.shape.size() != 2 || !free) {
      return unfit_graph("the input '" + input.name + "' must be INT64 [-1, -1]");
    }
  }
  return ok();
}

// Of the one output, how many numbers a row has; -1: that is not known before.
Result<std::int64_t> width_of_output(const w::Signature& signature) {
  if (signature.outputs.size() != 1) return unfit_graph("a graph of texts has one output; the manifest may name it");
  const wire::TensorSpec& output = signature.outputs.front();
  if (output.datatype != wire::Datatype::fp32 || output.shape.empty() || output.shape.size() > 2) {
    return unfit_graph("the output '" + output.name + "' must be FP32 [batch, numbers]: pooling belongs into the graph");
  }
  return output.shape.size() == 1 ? 1 : output.shape.back();
}

// Rows side by side as three tensors, each as wide as the first, which is the longest.
class FilledRows {
 public:
  FilledRows(std::size_t rows, std::size_t width, bool kinds)
      : width_(width), shape_{static_cast<std::int64_t>(rows), 0}, has_kinds_(kinds) {
    shape_.back() = static_cast<std::int64_t>(width);
    for (auto* values : {&ids_, &mask_, &kinds_}) values->reserve(rows * width);
  }

  void add(const wire::TokenRow& row) {
    const std::size_t size = row.ids.size(), filling = width_ - size;
    ids_.insert(ids_.end(), row.ids.begin(), row.ids.end());
    ids_.insert(ids_.end(), filling, 0);
    mask_.insert(mask_.end(), size, 1);
    mask_.insert(mask_.end(), filling, 0);
    kinds_.insert(kinds_.end(), row.second, 0);
    kinds_.insert(kinds_.end(), size - row.second, 1);
    kinds_.insert(kinds_.end(), filling, 0);
  }
  w::Infer call() const {
    w::Infer call;
    call.inputs.push_back(tensor(ids_name, ids_));
    call.inputs.push_back(tensor(mask_name, mask_));
    if (has_kinds_) call.inputs.push_back(tensor(kinds_name, kinds_));
    return call;
  }

 private:
  wire::Tensor tensor(std::string_view name, const std::vector<std::int64_t>& values) const {
    wire::Tensor tensor;
    tensor.name = name;
    tensor.datatype = wire::Datatype::int64;
    tensor.shape = shape_;
    tensor.bytes.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(std::int64_t));
    return tensor;
  }

  const std::size_t width_;
  wire::Shape shape_;
  const bool has_kinds_;
  std::vector<std::int64_t> ids_, mask_, kinds_;
};

class TokenModel final : public engine::TensorModel {
 public:
  TokenModel(std::unique_ptr<engine::TensorModel> graph, std::uint32_t row_tokens, std::int64_t width)
      : graph_(std::move(graph)),
        row_tokens_(row_tokens),
        kinds_(has_input(graph_->signature(), kinds_name)),
        signature_(wire::token_rows_signature(width)) {}

  const w::Signature& signature() const override { return signature_; }
  std::string description() const override { return "onnxruntime, CPU"; }
  const std::string& plan() const override { return no_plan_; }

  Result<w::Inferred> infer(const w::Infer& call, const std::stop_token& stop) override {
    GH_TRY(const std::vector<wire::TokenRow> rows, wire::token_rows_of(call));
    std::vector<std::size_t> lengths;
    for (const wire::TokenRow& row : rows) {
      if (row.ids.size() > row_tokens_) return caller_error("invalid_tensor", "A row has more tokens than the model reads");
      lengths.push_back(row.ids.size());
    }
    wire::RowValues values;
    for (const std::vector<std::size_t>& batch : token_batches(lengths)) {
      if (stop.stop_requested()) return caller_error("cancelled", "The call was cancelled");
      GH_CHECK(compute(rows, batch, values, stop));
    }
    return wire::answer_of(values);
  }

 private:
  Status compute(const std::vector<wire::TokenRow>& rows, const std::vector<std::size_t>& batch, wire::RowValues& values,
                 const std::stop_token& stop) {
    FilledRows filled(batch.size(), rows[batch.front()].ids.size(), kinds_);
    for (const std::size_t number : batch) filled.add(rows[number]);
    GH_TRY(const w::Inferred made, graph_->infer(filled.call(), stop));
    if (made.outputs.size() != 1 || made.outputs.front().datatype != wire::Datatype::fp32) return infer_went_wrong("the graph's output");
    const std::string& bytes = made.outputs.front().bytes;
    const std::size_t row_bytes = bytes.size() / batch.size(), width = row_bytes / sizeof(float);
    if (values.width == 0) {
      values.width = width;
      values.values.resize(rows.size() * width);
    }
    if (width == 0 || width != values.width || bytes.size() != batch.size() * width * sizeof(float)) {
      return infer_went_wrong("the size of the graph's output");
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      std::memcpy(values.values.data() + batch[i] * width, bytes.data() + i * row_bytes, row_bytes);
    }
    return ok();
  }

  const std::unique_ptr<engine::TensorModel> graph_;
  const std::size_t row_tokens_;
  const bool kinds_;
  const w::Signature signature_;
  const std::string no_plan_;
};

}  // namespace

std::vector<std::vector<std::size_t>> token_batches(std::span<const std::size_t> lengths, TokenBatchRule rule) {
  std::vector<std::size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return std::pair(lengths[b], a) < std::pair(lengths[a], b); });
  std::vector<std::vector<std::size_t>> batches;
  std::size_t width = 0, tokens = 0;  // of the last one
  for (const std::size_t row : order) {
    const std::size_t computed = batches.empty() ? 0 : (batches.back().size() + 1) * width;
    const std::size_t filling = computed - std::min(computed, tokens + lengths[row]);
    const bool joins =
        computed > 0 && computed <= rule.tokens && static_cast<double>(filling) <= static_cast<double>(computed) * rule.filling;
    if (!joins) {
      batches.emplace_back();
      width = lengths[row], tokens = 0;
    }
    batches.back().push_back(row);
    tokens += lengths[row];
  }
  return batches;
}

Result<std::unique_ptr<engine::TensorModel>> token_model_of(std::unique_ptr<engine::TensorModel> graph, std::uint32_t row_tokens) {
  GH_CHECK(check_inputs(graph->signature()));
  GH_TRY(const std::int64_t width, width_of_output(graph->signature()));
  return std::unique_ptr<engine::TensorModel>(std::make_unique<TokenModel>(std::move(graph), row_tokens, width));
}

}  // namespace gatehouse::adapters
