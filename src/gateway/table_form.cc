#include "table_form.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

namespace gatehouse::gateway {
namespace {

using wire::Datatype;
using wire::JsonValue;

Error not_tabular() { return caller_error("model_not_tabular", "This model takes tensors that are no table of rows").with_param("model"); }

bool holds_cells(Datatype type) { return type != Datatype::fp16 && type != Datatype::bf16; }

std::string number_words(double number) {
  std::string out;
  wire::JsonWriter(out).value(number);
  return out;
}

// " (petal_length, cm)"
std::string name_words(const model::Feature& feature) {
  if (feature.name.empty()) return {};
  return " (" + feature.name + (feature.unit.empty() ? "" : ", " + feature.unit) + ")";
}

std::string range_words(const model::Feature& feature) {
  if (feature.min && feature.max) return " from " + number_words(*feature.min) + " to " + number_words(*feature.max);
  if (feature.min) return " of at least " + number_words(*feature.min);
  if (feature.max) return " of at most " + number_words(*feature.max);
  return {};
}

bool is_whole(Datatype type) {
  return type != Datatype::fp32 && type != Datatype::fp64 && type != Datatype::bytes && type != Datatype::boolean;
}

// "4 numbers: sepal_length, sepal_width, …"
std::string expected_row(const TableForm& form) {
  std::string words = std::to_string(form.columns.size()) + (form.columns.size() == 1 ? " value" : " values");
  for (std::size_t i = 0; i < form.columns.size() && !form.columns[i].feature.name.empty(); ++i) {
    words += (i == 0 ? ": " : ", ") + form.columns[i].feature.name;
  }
  return words;
}

template <class T>
void append_plain(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

template <class T>
bool append_integer(std::string& out, const JsonValue& cell) {
  if constexpr (std::is_same_v<T, std::uint64_t>) {
    if (const std::optional<std::uint64_t> large = cell.as_uint64()) return append_plain(out, *large), true;
  }
  const std::optional<std::int64_t> value = cell.as_int64();
  if (!value || !std::in_range<T>(*value)) return false;
  append_plain(out, static_cast<T>(*value));
  return true;
}

template <class T>
bool append_real(std::string& out, const JsonValue& cell) {
  const std::optional<double> value = cell.as_double();
  if (!value || std::abs(*value) > std::numeric_limits<T>::max()) return false;
  append_plain(out, static_cast<T>(*value));
  return true;
}

bool append_word(std::string& out, const JsonValue& cell) {
  if (!cell.is_string() || cell.string().find('\0') != std::string_view::npos) return false;
  wire::append_bytes_element(out, cell.string());
  return true;
}

bool append_truth(std::string& out, const JsonValue& cell) {
  if (!cell.is_bool()) return false;
  out.push_back(cell.boolean() ? '\1' : '\0');
  return true;
}

// False: it is none of that type.
bool append_cell(std::string& out, Datatype type, const JsonValue& cell) {
  switch (type) {
    case Datatype::boolean:
      return append_truth(out, cell);
    case Datatype::uint8:
      return append_integer<std::uint8_t>(out, cell);
    case Datatype::uint16:
      return append_integer<std::uint16_t>(out, cell);
    case Datatype::uint32:
      return append_integer<std::uint32_t>(out, cell);
    case Datatype::uint64:
      return append_integer<std::uint64_t>(out, cell);
    case Datatype::int8:
      return append_integer<std::int8_t>(out, cell);
    case Datatype::int16:
      return append_integer<std::int16_t>(out, cell);
    case Datatype::int32:
      return append_integer<std::int32_t>(out, cell);
    case Datatype::int64:
      return append_integer<std::int64_t>(out, cell);
    case Datatype::fp32:
      return append_real<float>(out, cell);
    case Datatype::fp64:
      return append_real<double>(out, cell);
    case Datatype::bytes:
      return append_word(out, cell);
    case Datatype::fp16:
    case Datatype::bf16:
      break;
  }
  return false;
}

bool is_of_kind(const JsonValue& cell, Datatype type) {
  if (type == Datatype::bytes) return cell.is_string();
  return type == Datatype::boolean ? cell.is_bool() : cell.is_number();
}

bool within(const std::optional<double>& low, const std::optional<double>& high, double value) {
  return (!low || value >= *low) && (!high || value <= *high);
}

class RowReader {
 public:
  RowReader(const TableForm& form, wire::Reading& reading) : form_(form), reading_(reading) {
    for (const wire::TensorSpec& spec : form.inputs) {
      wire::Tensor& tensor = rows_.inputs.emplace_back();
      tensor.name = spec.name;
      tensor.datatype = spec.datatype;
    }
  }

  void read(const JsonValue& row) {
    if (!row.is_list()) return reading_.fault("is " + std::string(wire::describe_kind(row.kind())), expected_row(form_));
    std::vector<std::string>& outside = rows_.outside.emplace_back();
    std::size_t cells = 0;
    for (const JsonValue& cell : row.items()) {
      if (cells < form_.columns.size() && !reading_.full()) {
        const wire::PathStep step(reading_, cells);
        read_cell(cell, cells, outside);
      }
      ++cells;
    }
    ++rows_.count;
    if (cells == form_.columns.size()) return;
    reading_.fault("has " + std::to_string(cells) + (cells == 1 ? " value" : " values"), expected_row(form_));
  }

  TableRows rows(wire::RowForm form) && {
    rows_.form = form;
    const auto count = static_cast<std::int64_t>(rows_.count);
    const std::int64_t columns = form_.inputs.size() == 1 ? static_cast<std::int64_t>(form_.columns.size()) : 1;
    for (std::size_t i = 0; i < rows_.inputs.size(); ++i) {
      rows_.inputs[i].shape = form_.inputs[i].shape.size() == 1 ? wire::Shape{count} : wire::Shape{count, columns};
    }
    return std::move(rows_);
  }

 private:
  void read_cell(const JsonValue& cell, std::size_t place, std::vector<std::string>& outside) {
    const TableColumn& column = form_.columns[place];
    const model::Feature& feature = column.feature;
    if (!is_of_kind(cell, column.datatype)) {
      return reading_.fault("is " + std::string(wire::describe_kind(cell.kind())), cell_words(column));
    }
    wire::Tensor& input = rows_.inputs[form_.inputs.size() == 1 ? 0 : place];
    if (!append_cell(input.bytes, column.datatype, cell)) return reading_.fault("is no value that this model takes", cell_words(column));
    if (cell.is_string()) {
      const bool known = feature.values.empty() || std::ranges::find(feature.values, cell.string()) != feature.values.end();
      if (!known) reading_.fault("is none of the known values", cell_words(column));
      return;
    }
    const std::optional<double> value = cell.as_double();
    if (!value) return;
    if (!within(feature.min, feature.max, *value)) reading_.fault("is out of range", cell_words(column));
    if (!within(feature.trained_min, feature.trained_max, *value)) outside.push_back(feature.name);
  }

  const TableForm& form_;
  wire::Reading& reading_;
  TableRows rows_;
};

// What a graph claims is what a file claims: nothing is allocated by it beyond this.
constexpr std::size_t most_columns = 65'536;

// A single column has one input in either form.
bool is_column(const wire::TensorSpec& spec) {
  const bool rows = !spec.shape.empty() && spec.shape.front() == -1 && holds_cells(spec.datatype);
  return rows && (spec.shape.size() == 1 || (spec.shape.size() == 2 && (spec.shape[1] == 1 || spec.shape[1] == -1)));
}

}  // namespace

std::string cell_words(const TableColumn& column) {
  const model::Feature& feature = column.feature;
  if (column.datatype == Datatype::bytes) {
    std::string words = feature.values.empty() ? "a string" : "one of ";
    for (const std::string& value : feature.values) words += (&value == &feature.values.front() ? "\"" : ", \"") + value + "\"";
    return words + name_words(feature);
  }
  if (column.datatype == Datatype::boolean) return "true or false" + name_words(feature);
  return (is_whole(column.datatype) ? "an integer" : "a number") + range_words(feature) + name_words(feature);
}

Result<TableForm> table_form(const std::vector<wire::TensorSpec>& inputs, const std::vector<model::Feature>& features) {
  TableForm form;
  form.inputs = inputs;
  std::size_t columns = inputs.size();
  if (inputs.size() == 1 && inputs.front().shape.size() == 2) {
    const wire::TensorSpec& matrix = inputs.front();
    columns = matrix.shape[1] > 0 ? static_cast<std::size_t>(matrix.shape[1]) : features.size();
    if (matrix.shape[0] != -1 || !holds_cells(matrix.datatype)) return not_tabular();
  } else if (!std::ranges::all_of(inputs, is_column)) {
    return not_tabular();
  }
  if (columns == 0 || columns > most_columns || (!features.empty() && features.size() != columns)) return not_tabular();
  for (std::size_t i = 0; i < columns; ++i) {
    TableColumn& column = form.columns.emplace_back();
    if (!features.empty()) column.feature = features[i];
    column.datatype = inputs[inputs.size() == 1 ? 0 : i].datatype;
  }
  return form;
}

TableRows read_rows(const TableForm& form, const JsonValue& data, wire::Reading& reading) {
  RowReader reader(form, reading);
  std::size_t items = 0;
  bool nested = false;
  if (data.is_list()) {
    for (const JsonValue& item : data.items()) {
      nested = nested || (items == 0 && item.is_list());
      ++items;
    }
  }
  if (!nested) {
    reader.read(data);
    return std::move(reader).rows(wire::RowForm::one);
  }
  std::size_t place = 0;
  for (const JsonValue& row : data.items()) {
    if (reading.full()) break;
    const wire::PathStep step(reading, place++);
    reader.read(row);
  }
  return std::move(reader).rows(wire::RowForm::list);
}

}  // namespace gatehouse::gateway
