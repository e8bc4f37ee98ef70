#include "value_limits.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "table_form.h"

namespace gatehouse::gateway {
namespace {

using model::Feature;
using wire::Datatype;
using wire::Tensor;

bool bounds(const Feature& feature) { return feature.min || feature.max || !feature.values.empty(); }

// The columns of one tensor, in turn; none: nothing is said of its values.
using Columns = std::span<const Feature>;

Columns columns_of(const Tensor& tensor, const wire::engine::Signature& model, const std::vector<Feature>& features) {
  if (!std::ranges::any_of(features, bounds)) return {};
  if (model.inputs.size() == 1) {
    const bool table = tensor.shape.size() == 2 && std::cmp_equal(tensor.shape.back(), features.size());
    return table ? Columns(features) : Columns();
  }
  if (model.inputs.size() != features.size()) return {};
  const auto spec = std::ranges::find(model.inputs, tensor.name, &wire::TensorSpec::name);
  return spec == model.inputs.end() ? Columns() : Columns(features).subspan(static_cast<std::size_t>(spec - model.inputs.begin()), 1);
}

class ValueCheck {
 public:
  ValueCheck(const Tensor& tensor, Columns columns, ValuePlaces places, wire::Reading& reading)
      : tensor_(tensor), columns_(columns), places_(places), reading_(reading) {}

  void run() {
    switch (tensor_.datatype) {
      case Datatype::bytes:
        return words();
      case Datatype::uint8:
        return numbers<std::uint8_t>();
      case Datatype::uint16:
        return numbers<std::uint16_t>();
      case Datatype::uint32:
        return numbers<std::uint32_t>();
      case Datatype::uint64:
        return numbers<std::uint64_t>();
      case Datatype::int8:
        return numbers<std::int8_t>();
      case Datatype::int16:
        return numbers<std::int16_t>();
      case Datatype::int32:
        return numbers<std::int32_t>();
      case Datatype::int64:
        return numbers<std::int64_t>();
      case Datatype::fp32:
        return numbers<float>();
      case Datatype::fp64:
        return numbers<double>();
      case Datatype::boolean:
      case Datatype::fp16:
      case Datatype::bf16:
        break;
    }
  }

 private:
  // What is no number lies between no bounds.
  static bool lies_within(const Feature& feature, double value) {
    return (!feature.min || value >= *feature.min) && (!feature.max || value <= *feature.max);
  }

  template <class T>
  void numbers() {
    if (columns_.empty()) return;
    const std::size_t count = tensor_.bytes.size() / sizeof(T);
    for (std::size_t place = 0; place < count && !reading_.full(); ++place) {
      T value;
      std::memcpy(&value, tensor_.bytes.data() + place * sizeof(T), sizeof(T));
      const Feature& feature = columns_[place % columns_.size()];
      if (!lies_within(feature, static_cast<double>(value))) fault(place, "is out of range", feature);
    }
  }

  // A word is handed to the engine up to its first zero byte: one that has any would be another word there.
  void words() {
    std::size_t place = 0;
    for (const std::string_view word : wire::bytes_elements(tensor_.bytes)) {
      if (reading_.full()) return;
      if (word.find('\0') != std::string_view::npos) fault(place, "holds a zero byte", "text without one");
      if (!columns_.empty()) {
        const Feature& feature = columns_[place % columns_.size()];
        const bool known = feature.values.empty() || std::ranges::find(feature.values, word) != feature.values.end();
        if (!known) fault(place, "is none of the known values", feature);
      }
      ++place;
    }
  }

  void fault(std::size_t place, std::string message, const Feature& feature) {
    fault(place, std::move(message), cell_words(TableColumn{feature, tensor_.datatype}));
  }
  void fault(std::size_t place, std::string message, std::string expected) {
    if (places_ == ValuePlaces::data) {
      const wire::PathStep step(reading_, place);
      return reading_.fault(std::move(message), std::move(expected));
    }
    const std::size_t width = std::max<std::size_t>(columns_.size(), 1);
    const wire::PathStep row(reading_, place / width);
    const wire::PathStep column(reading_, place % width);
    reading_.fault(std::move(message), std::move(expected));
  }

  const Tensor& tensor_;
  const Columns columns_;
  const ValuePlaces places_;
  wire::Reading& reading_;
};

}  // namespace

void check_values(const std::vector<wire::Tensor>& inputs, const wire::engine::Signature& model, const std::vector<Feature>& features,
                  wire::Reading& reading, ValuePlaces places) {
  const wire::PathStep step(reading, places == ValuePlaces::instances ? "instances" : "inputs");
  for (std::size_t i = 0; i < inputs.size() && !reading.full(); ++i) {
    ValueCheck check(inputs[i], columns_of(inputs[i], model, features), places, reading);
    if (places != ValuePlaces::data) {
      check.run();
      continue;
    }
    const wire::PathStep at(reading, i);
    const wire::PathStep data(reading, "data");
    check.run();
  }
}

}  // namespace gatehouse::gateway
