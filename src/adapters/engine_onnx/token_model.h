// adapters/engine_onnx/token_model.h — a graph of token ids as a model of rows of them (wire/text/rows.h): rows of like length are computed
// together, so that little is computed of what fills up the shorter ones.
// Rules    the graph takes input_ids and attention_mask, token_type_ids or not, all INT64 [batch, tokens], and gives one FP32 output, whose
//          rows are the batch's: [batch, D] or [batch]
// Units    row_tokens: at most in a row
// Threads  as engine/tensor_model.h
// Errors   model_load_failed, origin operator; invalid_tensor, infer_failed, cancelled
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/engine/tensor_model.h"

namespace gatehouse::adapters {

Result<std::unique_ptr<engine::TensorModel>> token_model_of(std::unique_ptr<engine::TensorModel> graph, std::uint32_t row_tokens);

struct TokenBatchRule {
  std::size_t tokens = 2048;  // in a batch, fillings included; a row that has more is a batch by itself
  double filling = 0.125;     // at most, as a part of what is computed
};
// Rows by their number, each in one batch, from long to short. lengths: of each row.
std::vector<std::vector<std::size_t>> token_batches(std::span<const std::size_t> lengths, TokenBatchRule rule = {});

}  // namespace gatehouse::adapters
