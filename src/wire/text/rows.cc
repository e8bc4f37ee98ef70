#include "gatehouse/wire/text/rows.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::wire {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view rows_name = "rows", values_name = "values";

Error unfit_rows() { return caller_error("invalid_tensor", "There is something wrong with rows"); }

Result<TokenRow> row_of(std::string_view element) {
  if (element.size() < 2 * sizeof(std::uint32_t) || element.size() % sizeof(std::uint32_t) != 0) return unfit_rows();
  TokenRow row;
  row.ids.resize(element.size() / sizeof(std::uint32_t) - 1);
  std::memcpy(&row.second, element.data(), sizeof(row.second));
  std::memcpy(row.ids.data(), element.data() + sizeof(row.second), row.ids.size() * sizeof(std::uint32_t));
  if (row.second > row.ids.size()) return unfit_rows();
  return row;
}

}  // namespace

engine::Infer call_of(std::span<const TokenRow> rows) {
  engine::Infer call;
  Tensor& tensor = call.inputs.emplace_back();
  tensor.name = rows_name;
  tensor.datatype = Datatype::bytes;
  tensor.shape = {static_cast<std::int64_t>(rows.size())};
  std::string element;
  for (const TokenRow& row : rows) {
    element.assign(reinterpret_cast<const char*>(&row.second), sizeof(row.second));
    element.append(reinterpret_cast<const char*>(row.ids.data()), row.ids.size() * sizeof(std::uint32_t));
    append_bytes_element(tensor.bytes, element);
  }
  return call;
}

Result<std::vector<TokenRow>> token_rows_of(const engine::Infer& call) {
  if (call.inputs.size() != 1 || call.inputs.front().name != rows_name) return unfit_rows();
  const Tensor& tensor = call.inputs.front();
  if (tensor.datatype != Datatype::bytes || tensor.shape.size() != 1 || fault_in(tensor) != nullptr) return unfit_rows();
  std::vector<TokenRow> rows;
  for (const std::string_view element : bytes_elements(tensor.bytes)) {
    GH_TRY(TokenRow row, row_of(element));
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return unfit_rows();
  return rows;
}

engine::Signature token_rows_signature(std::int64_t width) {
  engine::Signature signature;
  TensorSpec& rows = signature.inputs.emplace_back();
  rows.name = rows_name;
  rows.datatype = Datatype::bytes;
  rows.shape = {-1};
  TensorSpec& values = signature.outputs.emplace_back();
  values.name = values_name;
  values.shape = {-1, width};
  return signature;
}

engine::Inferred answer_of(const RowValues& values) {
  engine::Inferred answer;
  Tensor& tensor = answer.outputs.emplace_back();
  tensor.name = values_name;
  tensor.shape = {static_cast<std::int64_t>(values.rows()), static_cast<std::int64_t>(values.width)};
  tensor.bytes.assign(reinterpret_cast<const char*>(values.values.data()), values.values.size() * sizeof(float));
  return answer;
}

Result<RowValues> row_values_of(const engine::Inferred& answer, std::size_t rows) {
  const auto unexpected = [](const char* what) {
    return Error(Code::internal, Origin::engine, "output_unexpected", "The model's answer cannot be read").with_detail(what);
  };
  if (answer.outputs.size() != 1 || fault_in(answer.outputs.front()) != nullptr) return unexpected("not one output");
  const Tensor& tensor = answer.outputs.front();
  const bool fits = tensor.datatype == Datatype::fp32 && tensor.shape.size() == 2 && std::cmp_equal(tensor.shape[0], rows);
  if (!fits || tensor.shape[1] < 1) return unexpected("not as many numbers for each row");
  RowValues values;
  values.width = static_cast<std::size_t>(tensor.shape[1]);
  values.values.resize(rows * values.width);
  std::memcpy(values.values.data(), tensor.bytes.data(), tensor.bytes.size());
  for (const float value : values.values) {
    if (!std::isfinite(value)) return unexpected("not a number");
  }
  return values;
}

}  // namespace gatehouse::wire
