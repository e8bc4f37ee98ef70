#include "predictions.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace gatehouse::gateway {
namespace {

using wire::Datatype;
using wire::ModelNumber;
using wire::Tensor;

Error unexpected(std::string what) {
  return Error(Code::internal, Origin::engine, "output_unexpected", "The model's answer cannot be read").with_detail(std::move(what));
}

bool is_real(const Tensor& tensor) { return tensor.datatype == Datatype::fp32 || tensor.datatype == Datatype::fp64; }
bool is_class(const Tensor& tensor) {
  return tensor.datatype == Datatype::int64 || tensor.datatype == Datatype::int32 || tensor.datatype == Datatype::bytes ||
         tensor.datatype == Datatype::boolean;
}

// How many values a row has; nothing where there are other rows.
std::optional<std::size_t> values_a_row(const Tensor& tensor, std::size_t rows) {
  const bool by_row = !tensor.shape.empty() && std::cmp_equal(tensor.shape.front(), rows) && tensor.shape.size() <= 2;
  const std::optional<std::uint64_t> count = wire::element_count(tensor.shape);
  if (!by_row || !count) return std::nullopt;
  return static_cast<std::size_t>(*count / rows);
}

template <class T>
T plain_at(const Tensor& tensor, std::size_t place) {
  T value;
  std::memcpy(&value, tensor.bytes.data() + place * sizeof(T), sizeof(T));
  return value;
}

ModelNumber number_at(const Tensor& tensor, std::size_t place) {
  switch (tensor.datatype) {
    case Datatype::int64:
      return plain_at<std::int64_t>(tensor, place);
    case Datatype::int32:
      return std::int64_t{plain_at<std::int32_t>(tensor, place)};
    case Datatype::boolean:
      return std::int64_t{plain_at<std::int8_t>(tensor, place)};
    case Datatype::fp64:
      return plain_at<double>(tensor, place);
    default:
      return plain_at<float>(tensor, place);
  }
}

double real_of(const ModelNumber& number) {
  return std::visit([](const auto& plain) { return static_cast<double>(plain); }, number);
}

std::optional<std::string> label_of(const ModelNumber& number, const std::vector<std::string>& labels) {
  const auto* place = std::get_if<std::int64_t>(&number);
  if (place == nullptr || *place < 0 || std::cmp_greater_equal(*place, labels.size())) return std::nullopt;
  return labels[static_cast<std::size_t>(*place)];
}

// What is looked for among the outputs: the first of each.
struct Outputs {
  const Tensor* classes = nullptr;
  const Tensor* probabilities = nullptr;
  const Tensor* values = nullptr;
  std::size_t probabilities_a_row = 0;
};

Outputs sort_outputs(const wire::engine::Inferred& inferred, std::size_t rows) {
  Outputs found;
  for (const Tensor& tensor : inferred.outputs) {
    const std::size_t width = values_a_row(tensor, rows).value_or(0);
    if (width == 1 && is_class(tensor) && found.classes == nullptr) found.classes = &tensor;
    if (width == 1 && is_real(tensor) && found.values == nullptr) found.values = &tensor;
    if (width > 1 && is_real(tensor) && found.probabilities == nullptr) {
      found.probabilities = &tensor;
      found.probabilities_a_row = width;
    }
  }
  return found;
}

void name_class(wire::Prediction& row, std::string_view word, const std::vector<std::string>& labels) {
  const auto found = std::ranges::find(labels, word);
  row.label = std::string(word);
  row.value = found == labels.end() ? std::int64_t{-1} : static_cast<std::int64_t>(found - labels.begin());
}

std::int64_t likeliest(const std::vector<ModelNumber>& probabilities) {
  const auto most = std::ranges::max_element(probabilities, {}, real_of);
  return most - probabilities.begin();
}

}  // namespace

Result<std::vector<wire::Prediction>> predictions_of(const wire::engine::Inferred& inferred, const std::vector<std::string>& labels,
                                                     std::size_t rows) {
  const Outputs found = sort_outputs(inferred, rows);
  if (found.classes == nullptr && found.probabilities == nullptr && found.values == nullptr) {
    return unexpected("no output has a value or several for each of " + std::to_string(rows) + " rows");
  }
  const bool words = found.classes != nullptr && found.classes->datatype == Datatype::bytes;
  const std::vector<std::string_view> names = words ? wire::bytes_elements(found.classes->bytes) : std::vector<std::string_view>();
  std::vector<wire::Prediction> predictions(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    wire::Prediction& row = predictions[i];
    for (std::size_t k = 0; k < found.probabilities_a_row; ++k) {
      row.probabilities.push_back(number_at(*found.probabilities, i * found.probabilities_a_row + k));
    }
    if (words) {
      name_class(row, names[i], labels);
      continue;
    }
    if (found.classes != nullptr) {
      row.value = number_at(*found.classes, i);
    } else if (found.probabilities != nullptr) {
      row.value = likeliest(row.probabilities);
    } else {
      row.value = number_at(*found.values, i);
    }
    row.label = label_of(row.value, labels);
  }
  return predictions;
}

}  // namespace gatehouse::gateway
