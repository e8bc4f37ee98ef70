#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/layout.h"

namespace gatehouse::wire::engine {
namespace {

// Takes values from the front of a payload. After the first fault every value is empty and nothing more is read.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view payload) : rest_(payload) {}

  template <class T>
  void take(T& value) {
    if constexpr (is_record<T>) {
      std::apply([&](auto... member) { (take(value.*member), ...); }, layout<T>);
    } else if constexpr (std::is_same_v<T, bool>) {
      value = take_byte(1, "a bool is neither 0 nor 1") != 0;
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(take_byte(static_cast<std::uint8_t>(last_value<T>), "an enum has an unknown value"));
    } else if constexpr (std::is_arithmetic_v<T>) {
      const std::string_view bytes = take_bytes(sizeof(T));
      if (!fault_) std::memcpy(&value, bytes.data(), sizeof(T));
    } else if constexpr (std::is_same_v<T, std::string>) {
      std::uint32_t length = 0;
      take(length);
      value = take_bytes(length);
    } else if constexpr (std::is_same_v<T, std::optional<std::uint64_t>>) {
      bool present = false;
      take(present);
      if (present) take(value.emplace());
    } else {
      take_list(value);
    }
  }

  // Everything was read, nothing is left.
  const char* finish() {
    if (!rest_.empty()) fail("bytes are left after the last field");
    return fault_;
  }
  void fail(const char* fault) {
    if (!fault_) fault_ = fault;
  }

 private:
  std::string_view take_bytes(std::size_t count) {
    if (count > rest_.size()) fail("a field reaches beyond the payload");
    if (fault_) return {};
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::uint8_t take_byte(std::uint8_t last, const char* otherwise) {
    std::uint8_t byte = 0;
    take(byte);
    if (byte > last) fail(otherwise);
    return fault_ ? std::uint8_t{0} : byte;
  }

  template <class T>
  void take_list(std::vector<T>& items) {
    std::uint32_t count = 0;
    take(count);
    if (count > rest_.size() / fewest_bytes<T>()) fail("a list claims more items than the payload can hold");
    if (count > most_items<T>) fail("a list has more items than any may have");
    if (fault_) return;
    items.reserve(count);
    for (std::uint32_t i = 0; i < count && !fault_; ++i) take(items.emplace_back());
  }

  std::string_view rest_;
  const char* fault_ = nullptr;
};

// What single fields cannot say.
template <class T>
const char* fault_in(const T&) {
  return nullptr;
}
template <>
const char* fault_in(const Prepare& prepare) {
  const Sampling& s = prepare.sampling;
  for (const float value : {s.temperature, s.top_p, s.min_p, s.frequency_penalty, s.presence_penalty}) {
    if (!std::isfinite(value)) return "a sampling value is not finite";
  }
  for (const TokenBias& one : s.logit_bias) {
    if (!std::isfinite(one.bias)) return "a bias is not finite";
  }
  if (s.temperature < 0) return "the temperature is negative";
  if (prepare.choices == 0) return "no choice is asked for";
  return nullptr;
}

template <>
const char* fault_in(const TokenBatch& batch) {
  const auto finite = [](const ScoredToken& token) { return std::isfinite(token.logprob); };
  for (const TokenEvent& event : batch.events) {
    for (const TokenScore& score : event.scores) {
      if (!finite(score.sampled) || !std::ranges::all_of(score.likeliest, finite)) return "a logprob is not finite";
    }
  }
  return nullptr;
}

template <class Parts>
const char* first_fault(const Parts& parts) {
  for (const auto& part : parts) {
    if (const char* fault = wire::fault_in(part)) return fault;
  }
  return nullptr;
}

template <>
const char* fault_in(const Infer& infer) {
  return first_fault(infer.inputs);
}
template <>
const char* fault_in(const Inferred& inferred) {
  return first_fault(inferred.outputs);
}
template <>
const char* fault_in(const LoadTensors& load) {
  const char* fault = first_fault(load.inputs);
  return fault != nullptr ? fault : first_fault(load.outputs);
}
template <>
const char* fault_in(const Signature& signature) {
  const char* fault = first_fault(signature.inputs);
  return fault != nullptr ? fault : first_fault(signature.outputs);
}

template <class T>
Result<Body> decode_as(std::string_view payload) {
  T value;
  PayloadReader reader(payload);
  reader.take(value);
  if (const char* fault = reader.finish()) return malformed_frame(fault);
  if (const char* fault = fault_in(value)) return malformed_frame(fault);
  return Body(std::move(value));
}

using Decoder = Result<Body> (*)(std::string_view);
template <class... T>
constexpr std::array<Decoder, sizeof...(T)> decoders_of(const std::variant<T...>*) {
  return {decode_as<T>...};
}
constexpr auto decoder_by_index = decoders_of(static_cast<const Body*>(nullptr));

}  // namespace

Error malformed_frame(std::string detail) {
  return Error(Code::internal, Origin::engine, "engine_frame_malformed", "The model engine failed, please try again later")
      .with_detail(std::move(detail))
      .with_retry(Retry::later());
}

Result<Body> decode_body(Type type, std::string_view payload) {
  for (std::size_t i = 0; i < type_by_index.size(); ++i) {
    if (type_by_index[i] == type) return decoder_by_index[i](payload);
  }
  return malformed_frame("unknown type");
}

}  // namespace gatehouse::wire::engine
