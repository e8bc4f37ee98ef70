// adapters/engine_onnx/nlu_model.h — two graphs that are one model: the lower one reads each text and each prompt by itself, the upper one
// a text with a prompt. What the lower one makes never leaves this process.
// Rules    lower takes input_ids, attention_mask, token_type_ids and position_ids and gives hidden; upper takes text_hidden, text_mask,
//          text_index, hint_hidden and hint_mask and gives head_logits and tail_logits. A row is read alone, so that its states depend on
//          nothing else (int8 scales are a whole batch's), and they are remembered for its owner
// Threads  as engine/tensor_model.h
// Errors   invalid_tensor, infer_failed, cancelled
// Source   tools/uninlu/export.py
#pragma once
#include <memory>

#include "gatehouse/engine/tensor_model.h"

namespace gatehouse::adapters {

std::unique_ptr<engine::TensorModel> nlu_model_of(std::unique_ptr<engine::TensorModel> lower, std::unique_ptr<engine::TensorModel> upper);

}  // namespace gatehouse::adapters
