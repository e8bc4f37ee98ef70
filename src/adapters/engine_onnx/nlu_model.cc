#include "nlu_model.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/wire/nlu/work.h"
#include "row_memory.h"

namespace gatehouse::adapters {

namespace w = wire::engine;

namespace {

constexpr std::size_t room_for_states = std::size_t{64} * 1024 * 1024;

wire::Tensor integers(std::string_view name, const std::vector<std::int64_t>& values, wire::Shape shape) {
  wire::Tensor tensor;
  tensor.name = name;
  tensor.datatype = wire::Datatype::int64;
  tensor.shape = std::move(shape);
  tensor.bytes.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(std::int64_t));
  return tensor;
}

Error not_as_it_must_be(std::string_view what) {
  return Error(Code::internal, Origin::engine, "infer_failed", "The model could not compute an answer for this input")
      .with_detail(std::string(what) + " is not as it must be");
}

Error cancelled() { return caller_error("cancelled", "The call was cancelled"); }

template <class T>
void append_plain(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

std::string key_of(std::uint64_t owner, const wire::NluRow& row) {
  std::string key;
  append_plain(key, owner);
  append_plain(key, row.kind);
  append_plain(key, row.first_position);
  return key.append(reinterpret_cast<const char*>(row.ids.data()), row.ids.size() * sizeof(std::uint32_t));
}

w::Infer reading_of(const wire::NluRow& row) {
  const std::size_t size = row.ids.size();
  const wire::Shape shape{1, static_cast<std::int64_t>(size)};
  std::vector<std::int64_t> positions;
  for (std::size_t i = 0; i < size; ++i) positions.push_back(static_cast<std::int64_t>(row.first_position + i));
  w::Infer call;
  call.inputs.push_back(integers("input_ids", {row.ids.begin(), row.ids.end()}, shape));
  call.inputs.push_back(integers("attention_mask", std::vector<std::int64_t>(size, 1), shape));
  call.inputs.push_back(integers("token_type_ids", std::vector<std::int64_t>(size, row.kind), shape));
  call.inputs.push_back(integers("position_ids", positions, shape));
  call.outputs = {"hidden"};
  return call;
}

// Rows of states side by side, each as wide as the widest: what is missing is 0, and so is its mask.
class Stack {
 public:
  // bytes: of one token's states.
  Stack(std::size_t width, std::size_t bytes) : width_(width), bytes_(bytes) {}

  void add(const std::string& states) {
    const std::size_t tokens = states.size() / bytes_;
    states_.append(states).append((width_ - tokens) * bytes_, '\0');
    mask_.insert(mask_.end(), tokens, 1);
    mask_.insert(mask_.end(), width_ - tokens, 0);
    ++rows_;
  }
  void give(w::Infer& call, std::string_view states, std::string_view mask) && {
    const wire::Shape shape{static_cast<std::int64_t>(rows_), static_cast<std::int64_t>(width_)};
    call.inputs.push_back(integers(mask, mask_, shape));
    wire::Tensor tensor;
    tensor.name = states;
    tensor.shape = shape;
    tensor.shape.push_back(static_cast<std::int64_t>(bytes_ / sizeof(float)));
    tensor.bytes = std::move(states_);
    call.inputs.push_back(std::move(tensor));
  }

 private:
  const std::size_t width_, bytes_;
  std::size_t rows_ = 0;
  std::string states_;
  std::vector<std::int64_t> mask_;
};

class NluModel final : public engine::TensorModel {
 public:
  NluModel(std::unique_ptr<engine::TensorModel> lower, std::unique_ptr<engine::TensorModel> upper)
      : lower_(std::move(lower)), upper_(std::move(upper)) {}

  const w::Signature& signature() const override { return signature_; }
  std::string description() const override { return upper_->description(); }

  const std::string& plan() const override { return no_plan_; }

  Result<w::Inferred> infer(const w::Infer& call, const std::stop_token& stop) override {
    GH_TRY(const wire::NluWork work, wire::work_of(call));
    std::vector<RowMemory::States> states(work.rows.size());
    std::vector<wire::NluLogits> logits;
    std::span<const wire::NluPair> rest = work.pairs;
    for (const std::uint32_t size : work.batches) {
      GH_CHECK(compute(work, rest.first(size), states, logits, stop));
      rest = rest.subspan(size);
    }
    return wire::answer_of(logits);
  }

 private:
  // The states of one row, remembered or read now.
  Result<RowMemory::States> read(std::uint64_t owner, const wire::NluRow& row, const std::stop_token& stop) {
    std::string key = key_of(owner, row);
    if (RowMemory::States known = memory_.find(key)) return known;
    if (stop.stop_requested()) return cancelled();
    GH_TRY(w::Inferred made, lower_->infer(reading_of(row), stop));
    const auto tokens = static_cast<std::int64_t>(row.ids.size());
    const bool fits = made.outputs.size() == 1 && made.outputs.front().datatype == wire::Datatype::fp32 &&
                      made.outputs.front().shape.size() == 3 && made.outputs.front().shape[0] == 1 &&
                      made.outputs.front().shape[1] == tokens;
    if (!fits || made.outputs.front().bytes.empty()) return not_as_it_must_be("the output of the lower graph");
    auto states = std::make_shared<const std::string>(std::move(made.outputs.front().bytes));
    memory_.keep(std::move(key), states);
    return states;
  }

  Status read_rows_of(const wire::NluWork& work, std::span<const wire::NluPair> pairs, std::vector<RowMemory::States>& states,
                      const std::stop_token& stop) {
    for (const wire::NluPair& pair : pairs) {
      for (const std::uint32_t row : {pair.text, pair.prompt}) {
        if (states[row]) continue;
        GH_TRY(states[row], read(work.owner, work.rows[row], stop));
        const std::size_t bytes = states[row]->size() / work.rows[row].ids.size();
        if (token_bytes_ != 0 && bytes != token_bytes_) return not_as_it_must_be("the width of the lower graph's output");
        token_bytes_ = bytes;
      }
    }
    return ok();
  }

  Status compute(const wire::NluWork& work, std::span<const wire::NluPair> pairs, std::vector<RowMemory::States>& states,
                 std::vector<wire::NluLogits>& logits, const std::stop_token& stop) {
    GH_CHECK(read_rows_of(work, pairs, states, stop));
    if (stop.stop_requested()) return cancelled();
    GH_TRY(const w::Inferred made, upper_->infer(pairing_of(work, pairs, states), stop));
    const std::size_t width = widest_text(work, pairs);
    const auto fits = [&](const wire::Tensor& tensor) {
      return tensor.datatype == wire::Datatype::fp32 && tensor.bytes.size() == pairs.size() * width * sizeof(float);
    };
    if (made.outputs.size() != 2 || !std::ranges::all_of(made.outputs, fits)) return not_as_it_must_be("the output of the upper graph");
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const std::size_t tokens = work.rows[pairs[i].text].ids.size();
      wire::NluLogits& one = logits.emplace_back();
      for (const auto& [values, side] : {std::pair(&one.head, 0U), std::pair(&one.tail, 1U)}) {
        values->resize(tokens);
        std::memcpy(values->data(), made.outputs[side].bytes.data() + i * width * sizeof(float), tokens * sizeof(float));
      }
    }
    return ok();
  }

  static std::size_t widest_text(const wire::NluWork& work, std::span<const wire::NluPair> pairs) {
    std::size_t width = 0;
    for (const wire::NluPair& pair : pairs) width = std::max(width, work.rows[pair.text].ids.size());
    return width;
  }

  // Each text once, however many prompts stand beside it.
  w::Infer pairing_of(const wire::NluWork& work, std::span<const wire::NluPair> pairs, const std::vector<RowMemory::States>& states) const {
    std::size_t widest_prompt = 0;
    for (const wire::NluPair& pair : pairs) widest_prompt = std::max(widest_prompt, work.rows[pair.prompt].ids.size());
    Stack texts(widest_text(work, pairs), token_bytes_), prompts(widest_prompt, token_bytes_);
    std::map<std::uint32_t, std::int64_t> places;  // by row
    std::vector<std::int64_t> index;
    for (const wire::NluPair& pair : pairs) {
      const auto [place, fresh] = places.try_emplace(pair.text, static_cast<std::int64_t>(places.size()));
      if (fresh) texts.add(*states[pair.text]);
      prompts.add(*states[pair.prompt]);
      index.push_back(place->second);
    }
    w::Infer call;
    std::move(texts).give(call, "text_hidden", "text_mask");
    std::move(prompts).give(call, "hint_hidden", "hint_mask");
    call.inputs.push_back(integers("text_index", index, {static_cast<std::int64_t>(index.size())}));
    call.outputs = {"head_logits", "tail_logits"};
    return call;
  }

  const std::unique_ptr<engine::TensorModel> lower_, upper_;
  const w::Signature signature_ = wire::nlu_signature();
  RowMemory memory_{room_for_states};
  std::size_t token_bytes_ = 0;  // of one token's states; 0: not known yet
  const std::string no_plan_;
};

}  // namespace

std::unique_ptr<engine::TensorModel> nlu_model_of(std::unique_ptr<engine::TensorModel> lower, std::unique_ptr<engine::TensorModel> upper) {
  return std::make_unique<NluModel>(std::move(lower), std::move(upper));
}

}  // namespace gatehouse::adapters
