// wire/engine/random_frames.h — for tests: frames with random fields; the same seed gives the same frames.
#pragma once
#include <string>

#include "engine/layout.h"
#include "gatehouse/base/random.h"

namespace gatehouse::wire::engine {

class RandomFrames {
 public:
  explicit RandomFrames(std::uint64_t seed) : dice_(seed) {}
  std::uint64_t below(std::uint64_t n) { return dice_.next_u64() % n; }
  bool coin() { return below(2) == 1; }
  std::uint32_t u32() { return static_cast<std::uint32_t>(dice_.next_u64()); }
  std::uint64_t u64() { return dice_.next_u64(); }
  float fraction() { return static_cast<float>(below(2000)) / 1000.0F; }
  std::string text(std::size_t longest = 40) {
    std::string out(below(longest + 1), '\0');
    for (char& c : out) c = static_cast<char>(below(256));
    return out;
  }

  Body body(std::size_t index) {
    switch (type_by_index[index]) {
      case Type::hello:
        return Hello{u32()};
      case Type::prepare:
        return prepare();
      case Type::start:
        return Start{u32(), u32()};
      case Type::grant:
        return Grant{u32()};
      case Type::finish:
        return Finish{static_cast<FinishReason>(below(4))};
      case Type::cancel:
        return Cancel{};
      case Type::load:
        return Load{text(), u32(), u32(), u32(), u32(), u32(), u64()};
      case Type::load_tensors:
        return LoadTensors{text(), u32(), u32(), specs(), specs(), u64(), u64(), u32(), u32()};
      case Type::infer:
        return infer();
      case Type::signature:
        return Signature{specs(), specs()};
      case Type::inferred:
        return Inferred{tensors(), u64(), u64()};
      case Type::native:
        return Native{text()};
      case Type::unload:
        return Unload{};
      case Type::stats:
        return Stats{};
      case Type::hello_back:
        return HelloBack{text()};
      case Type::prepared:
        return Prepared{u32(), u32(), static_cast<CallForm>(below(5))};
      case Type::refused:
        return Refused{text(), text(), text()};
      case Type::tokens:
        return token_batch();
      case Type::waiting:
        return Waiting{};
      case Type::done:
        return Done{static_cast<FinishReason>(below(4)), u32(), u32(), u32(), u64(), u64(), u64(), text(), text()};
      case Type::state:
        return state();
    }
    return Cancel{};
  }

  State state() {
    return State{static_cast<ModelState>(below(4)),
                 text(),
                 u32(),
                 u32(),
                 u32(),
                 u64(),
                 u32(),
                 u32(),
                 u64(),
                 u64(),
                 u64(),
                 u32(),
                 u32(),
                 u64(),
                 u64(),
                 u64(),
                 u64(),
                 u64(),
                 u64(),
                 u32(),
                 u64()};
  }

  Prepare prepare(std::size_t prompt_bytes = 40) {
    Prepare p;
    p.chat = coin();
    for (std::uint64_t i = below(4); i > 0; --i) p.messages.push_back(message());
    p.prompt = text(prompt_bytes);
    p.sampling = sampling();
    for (std::uint64_t i = below(4); i > 0; --i) p.stops.push_back(text());
    p.schema = text();
    p.tenant = u64();
    p.weight = u32();
    p.choices = 1 + static_cast<std::uint32_t>(below(8));
    p.continues = coin(), p.tools_field = text();
    for (std::uint64_t i = below(4); i > 0; --i) p.tools.push_back({text(), text(), text(), coin()});
    p.tool_use = static_cast<ToolUse>(below(3)), p.tool = text(), p.parallel_calls = coin();
    return p;
  }
  Message message() {
    Message m{text(), text()};
    for (std::uint64_t i = below(3); i > 0; --i) m.calls.push_back({text(), text(), text()});
    m.call_id = text(), m.name = text();
    return m;
  }
  Sampling sampling() {
    Sampling s;
    s.temperature = fraction(), s.top_p = fraction(), s.min_p = fraction();
    s.top_k = u32();
    if (coin()) s.seed = u64();
    s.frequency_penalty = -fraction(), s.presence_penalty = fraction();
    for (std::uint64_t i = below(4); i > 0; --i) s.logit_bias.push_back({u32(), fraction() - 1.0F});
    s.logprobs = coin(), s.top_logprobs = u32();
    return s;
  }
  ScoredToken scored_token() { return {text(), coin(), -fraction()}; }
  TokenScore score() {
    TokenScore s{scored_token(), {}};
    for (std::uint64_t i = below(4); i > 0; --i) s.likeliest.push_back(scored_token());
    return s;
  }
  Datatype datatype() { return static_cast<Datatype>(below(datatypes)); }
  std::vector<TensorSpec> specs() {
    std::vector<TensorSpec> made(below(4));
    for (TensorSpec& spec : made) {
      spec.name = text(), spec.datatype = datatype();
      for (std::uint64_t i = below(4); i > 0; --i) spec.shape.push_back(static_cast<std::int64_t>(below(9)) - 1);
    }
    return made;
  }
  // As many bytes as the shape says.
  Tensor tensor() {
    Tensor made;
    made.name = text(), made.datatype = datatype();
    for (std::uint64_t i = below(4); i > 0; --i) made.shape.push_back(static_cast<std::int64_t>(below(5)));
    for (std::uint64_t i = element_count(made.shape).value_or(0); i > 0; --i) {
      if (made.datatype == Datatype::bytes) append_bytes_element(made.bytes, text(9));
      for (std::size_t k = width_of(made.datatype); k > 0; --k)
        made.bytes.push_back(static_cast<char>(below(made.datatype == Datatype::boolean ? 2 : 256)));
    }
    return made;
  }
  std::vector<Tensor> tensors() {
    std::vector<Tensor> made(below(4));
    for (Tensor& one : made) one = tensor();
    return made;
  }
  Infer infer() {
    Infer made;
    made.inputs = tensors(), made.tenant = u64(), made.room = u64();
    for (std::uint64_t i = below(4); i > 0; --i) made.outputs.push_back(text());
    return made;
  }
  TokenBatch token_batch() {
    TokenBatch batch;
    for (std::uint64_t i = below(5); i > 0; --i) {
      TokenEvent& event = batch.events.emplace_back();
      event.job = u64(), event.count = u32(), event.ask_ahead = coin(), event.waiting = coin(), event.text = text();
      for (std::uint64_t k = below(3); k > 0; --k) event.scores.push_back(score());
      event.choice = u32(), event.ended = coin(), event.reason = static_cast<FinishReason>(below(4));
      event.cached = u32();
    }
    return batch;
  }

 private:
  SeededRandom dice_;
};

}  // namespace gatehouse::wire::engine
