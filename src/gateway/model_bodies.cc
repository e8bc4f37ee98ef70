#include "model_bodies.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>

#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/oip/infer.h"
#include "table_form.h"

namespace gatehouse::gateway {
namespace {

using model::Feature;
using wire::Datatype;
using wire::JsonWriter;
using wire::TensorSpec;

// Beyond these columns are not told one by one, and nobody reads an example.
constexpr std::size_t most_told_columns = 256;
constexpr std::uint64_t longest_example = 1024;

const Feature nothing_said{};

bool is_real(Datatype type) { return type == Datatype::fp32 || type == Datatype::fp64; }

template <class T>
void write_bound(JsonWriter& w, std::string_view name, const std::optional<double>& said, T otherwise) {
  if (said) {
    w.member(name, *said);
  } else if constexpr (std::is_same_v<T, float>) {
    w.member(name, static_cast<double>(otherwise));  // a float's own words may be read as a number beyond it
  } else {
    w.member(name, otherwise);
  }
}

template <class T>
void write_range(JsonWriter& w, const Feature& feature) {
  write_bound(w, "minimum", feature.min, std::numeric_limits<T>::lowest());
  write_bound(w, "maximum", feature.max, std::numeric_limits<T>::max());
}

void write_range(JsonWriter& w, Datatype type, const Feature& feature) {
  switch (type) {
    case Datatype::uint8:
      return write_range<std::uint8_t>(w, feature);
    case Datatype::uint16:
      return write_range<std::uint16_t>(w, feature);
    case Datatype::uint32:
      return write_range<std::uint32_t>(w, feature);
    case Datatype::uint64:
      return write_range<std::uint64_t>(w, feature);
    case Datatype::int8:
      return write_range<std::int8_t>(w, feature);
    case Datatype::int16:
      return write_range<std::int16_t>(w, feature);
    case Datatype::int32:
      return write_range<std::int32_t>(w, feature);
    case Datatype::int64:
      return write_range<std::int64_t>(w, feature);
    case Datatype::fp32:
      return write_range<float>(w, feature);
    case Datatype::fp64:
      return write_range<double>(w, feature);
    default:
      return;
  }
}

std::string_view json_type(Datatype type) {
  if (type == Datatype::bytes) return "string";
  if (type == Datatype::boolean) return "boolean";
  return is_real(type) ? "number" : "integer";
}

void write_cell(JsonWriter& w, Datatype type, const Feature& feature) {
  w.begin_object();
  if (!feature.name.empty()) w.member("title", feature.name);
  if (!feature.unit.empty()) w.member("description", feature.unit);
  w.member("type", json_type(type));
  if (!feature.values.empty()) {
    w.key("enum").begin_list();
    for (const std::string& value : feature.values) w.value(value);
    w.end_list();
  }
  write_range(w, type, feature);
  w.end_object();
}

// Of what is not said there is nothing but a value in the middle.
double number_for(const Feature& feature) {
  if (feature.min && feature.max) return (*feature.min + *feature.max) / 2;
  return feature.min.value_or(std::min(feature.max.value_or(0), 0.0));
}

void write_example(JsonWriter& w, Datatype type, const Feature& feature) {
  if (type == Datatype::bytes) {
    const auto* said = feature.example ? std::get_if<std::string>(&*feature.example) : nullptr;
    w.value(said != nullptr ? *said : feature.values.empty() ? std::string("text") : feature.values.front());
  } else if (type == Datatype::boolean) {
    w.value(true);
  } else {
    const auto* said = feature.example ? std::get_if<double>(&*feature.example) : nullptr;
    const double number = said != nullptr ? *said : number_for(feature);
    if (is_real(type)) {
      w.value(number);
    } else {
      w.value(static_cast<std::int64_t>(std::floor(number)));
    }
  }
}

void begin_list_of(JsonWriter& w, std::optional<std::uint64_t> extent) {
  w.begin_object().member("type", "array");
  if (extent) w.member("minItems", *extent).member("maxItems", *extent);
}

// A row of cells, each with what is said of it. columns: as many as there are, or none where nothing is said.
void write_row(JsonWriter& w, Datatype type, std::span<const Feature> columns) {
  begin_list_of(w, columns.size());
  if (columns.size() > most_told_columns) {
    w.key("items");
    write_cell(w, type, nothing_said);
  } else {
    w.key("prefixItems").begin_list();
    for (const Feature& feature : columns) write_cell(w, type, feature);
    w.end_list();
  }
  w.end_object();
}

// The part of a tensor from that axis on, as nested lists.
class Nested {
 public:
  Nested(const TensorSpec& spec, std::span<const Feature> columns) : spec_(spec), columns_(columns) {}

  void schema(JsonWriter& w, std::size_t axis) const {
    if (axis == spec_.shape.size()) return write_cell(w, spec_.datatype, columns_.size() == 1 ? columns_.front() : nothing_said);
    const std::int64_t extent = spec_.shape[axis];
    if (axis + 1 == spec_.shape.size() && extent > 0 && std::cmp_equal(extent, columns_.size())) {
      return write_row(w, spec_.datatype, columns_);
    }
    begin_list_of(w, extent < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(extent)));
    w.key("items");
    schema(w, axis + 1);
    w.end_object();
  }

  void example(JsonWriter& w, std::size_t axis, std::size_t column = 0) const {
    if (axis == spec_.shape.size()) return write_example(w, spec_.datatype, column < columns_.size() ? columns_[column] : nothing_said);
    const bool cells = axis + 1 == spec_.shape.size() && axis > 0;
    w.begin_list();
    const std::int64_t extent = spec_.shape[axis] < 0 ? 1 : spec_.shape[axis];
    for (std::int64_t i = 0; i < extent; ++i) example(w, axis + 1, cells ? static_cast<std::size_t>(i) : column);
    w.end_list();
  }

 private:
  const TensorSpec& spec_;
  const std::span<const Feature> columns_;
};

// As value_limits.cc sees them: features are the columns of the only input, or an input each.
std::span<const Feature> columns_of_input(const ModelFacts& model, std::size_t input) {
  const std::span<const Feature> features(model.features);
  const std::vector<TensorSpec>& inputs = model.signature.inputs;
  if (inputs.size() == 1) {
    const wire::Shape& shape = inputs.front().shape;
    const bool table = shape.size() == 2 && (shape.back() == -1 || std::cmp_equal(shape.back(), features.size()));
    return table ? features : std::span<const Feature>();
  }
  return inputs.size() == features.size() ? features.subspan(input, 1) : std::span<const Feature>();
}

// -1 in the place of columns that the manifest counts.
TensorSpec spec_told(const ModelFacts& model, std::size_t input) {
  TensorSpec spec = model.signature.inputs[input];
  const std::span<const Feature> columns = columns_of_input(model, input);
  if (model.signature.inputs.size() == 1 && !columns.empty()) spec.shape.back() = static_cast<std::int64_t>(columns.size());
  return spec;
}

bool is_short(const ModelFacts& model) {
  std::uint64_t values = 0;
  for (const TensorSpec& spec : model.signature.inputs) {
    wire::Shape shape = spec.shape;
    std::ranges::replace(shape, std::int64_t{-1}, std::int64_t{1});
    values += wire::element_count(shape).value_or(longest_example + 1);
    if (values > longest_example) return false;
  }
  return true;
}

bool has_numbers_of_json(const ModelFacts& model) {
  return std::ranges::all_of(model.signature.inputs, [](const TensorSpec& spec) { return wire::has_json_form(spec.datatype); });
}

void write_table_row(JsonWriter& w, const TableForm& form) {
  begin_list_of(w, form.columns.size());
  if (form.columns.size() > most_told_columns) {
    w.key("items").begin_object().key("type").begin_list().value("number").value("string").value("boolean").end_list().end_object();
  } else {
    w.key("prefixItems").begin_list();
    for (const TableColumn& column : form.columns) write_cell(w, column.datatype, column.feature);
    w.end_list();
  }
  w.end_object();
}

// By the name of the input, or the value alone where there is one.
template <class Write>
void by_input(JsonWriter& w, const ModelFacts& model, const Write& write) {
  if (model.signature.inputs.size() == 1) return write(0);
  w.begin_object();
  for (std::size_t i = 0; i < model.signature.inputs.size(); ++i) {
    w.key(model.signature.inputs[i].name);
    write(i);
  }
  w.end_object();
}

// The same as a schema.
void write_by_input(JsonWriter& w, const ModelFacts& model, std::size_t axis) {
  const auto write = [&](std::size_t i) {
    const TensorSpec spec = spec_told(model, i);
    Nested(spec, columns_of_input(model, i)).schema(w, std::min(axis, spec.shape.size()));
  };
  if (model.signature.inputs.size() == 1) return write(0);
  w.begin_object().member("type", "object").key("properties");
  by_input(w, model, write);
  w.key("required").begin_list();
  for (const TensorSpec& spec : model.signature.inputs) w.value(spec.name);
  w.end_list().member("additionalProperties", false).end_object();
}

void write_shape(JsonWriter& w, const wire::Shape& shape) {
  begin_list_of(w, shape.size());
  if (!shape.empty()) w.key("prefixItems").begin_list();
  for (const std::int64_t extent : shape) {
    w.begin_object().member("type", "integer").member("minimum", std::max<std::int64_t>(extent, 0));
    if (extent >= 0) w.member("maximum", extent);
    w.end_object();
  }
  if (!shape.empty()) w.end_list();
  w.end_object();
}

void write_one_of(JsonWriter& w, std::string_view key, std::string_view word) {
  w.key(key).begin_object().member("type", "string").key("enum").begin_list().value(word).end_list().end_object();
}

// Its values flat, or nested as its shape says.
void write_data(JsonWriter& w, const TensorSpec& spec, std::span<const Feature> columns) {
  w.key("data").begin_object().key("anyOf").begin_list();
  w.begin_object().member("type", "array").key("items");
  write_cell(w, spec.datatype, columns.size() == 1 ? columns.front() : nothing_said);
  w.end_object();
  if (spec.shape.size() > 1) Nested(spec, columns).schema(w, 0);
  w.end_list().end_object();
}

void write_infer_input(JsonWriter& w, const ModelFacts& model, std::size_t i) {
  const TensorSpec spec = spec_told(model, i);
  w.begin_object().member("title", spec.name).member("type", "object").key("properties").begin_object();
  write_one_of(w, "name", spec.name);
  w.key("shape");
  write_shape(w, spec.shape);
  write_one_of(w, "datatype", to_string(spec.datatype));
  w.member_raw("parameters", R"({"type":"object"})");
  if (wire::has_json_form(spec.datatype)) write_data(w, spec, columns_of_input(model, i));
  w.end_object().key("required").begin_list().value("name").value("shape").value("datatype").end_list();
  w.member("additionalProperties", false).end_object();
}

void write_infer_outputs(JsonWriter& w, const std::vector<TensorSpec>& outputs) {
  w.key("outputs").begin_object().member("type", "array").key("items").begin_object().member("type", "object");
  w.key("properties").begin_object().key("name").begin_object().member("type", "string");
  if (!outputs.empty()) {
    w.key("enum").begin_list();
    for (const TensorSpec& spec : outputs) w.value(spec.name);
    w.end_list();
  }
  w.end_object().member_raw("parameters", R"({"type":"object"})").end_object();
  w.key("required").begin_list().value("name").end_list().member("additionalProperties", false).end_object().end_object();
}

void write_infer_example(JsonWriter& w, const ModelFacts& model, std::size_t i) {
  TensorSpec spec = spec_told(model, i);
  std::ranges::replace(spec.shape, std::int64_t{-1}, std::int64_t{1});
  w.begin_object().member("name", spec.name).key("shape").begin_list();
  for (const std::int64_t extent : spec.shape) w.value(extent);
  w.end_list().member("datatype", to_string(spec.datatype)).key("data");
  if (spec.shape.empty()) w.begin_list();
  Nested(spec, columns_of_input(model, i)).example(w, 0);
  if (spec.shape.empty()) w.end_list();
  w.end_object();
}

}  // namespace

BodyWords predict_body(const ModelFacts& model) {
  BodyWords words;
  const Result<TableForm> form = table_form(model.signature.inputs, model.features);
  if (!form) return words;
  JsonWriter w(words.schema);
  w.begin_object().member("title", model.name).member("type", "object").key("properties").begin_object();
  w.key("data").begin_object().key("anyOf").begin_list();
  write_table_row(w, *form);
  w.begin_object().member("type", "array").member("minItems", 1).key("items");
  write_table_row(w, *form);
  w.end_object().end_list().end_object();
  write_one_of(w, "model", model.name);
  w.end_object().key("required").begin_list().value("data");
  if (model.named == Named::always) w.value("model");
  w.end_list().member("additionalProperties", false).end_object();
  if (form->columns.size() > longest_example) return words;
  JsonWriter e(words.example);
  e.begin_object().key("data").begin_list();
  for (const TableColumn& column : form->columns) write_example(e, column.datatype, column.feature);
  e.end_list().member("model", model.name).end_object();
  return words;
}

BodyWords tensor_predict_body(const ModelFacts& model) {
  BodyWords words;
  if (!has_numbers_of_json(model)) return words;
  JsonWriter w(words.schema);
  w.begin_object().member("title", model.name).member("type", "object").key("properties").begin_object();
  w.member_raw("signature_name", R"({"type":"string","enum":["serving_default"]})");
  w.key("instances").begin_object().member("type", "array").key("items");
  write_by_input(w, model, 1);
  w.end_object().key("inputs");
  write_by_input(w, model, 0);
  w.end_object().member_raw("anyOf", R"([{"required":["instances"]},{"required":["inputs"]}])").member("additionalProperties", false);
  w.end_object();
  if (!is_short(model)) return words;
  JsonWriter e(words.example);
  e.begin_object().key("instances").begin_list();
  by_input(e, model, [&](std::size_t i) {
    const TensorSpec spec = spec_told(model, i);
    Nested(spec, columns_of_input(model, i)).example(e, std::min<std::size_t>(1, spec.shape.size()));
  });
  e.end_list().end_object();
  return words;
}

BodyWords infer_body(const ModelFacts& model) {
  BodyWords words;
  const std::size_t inputs = model.signature.inputs.size();
  JsonWriter w(words.schema);
  w.begin_object().member("title", model.name).member("type", "object").key("properties").begin_object();
  w.member_raw("id", R"({"type":"string","maxLength":1024})").member_raw("parameters", R"({"type":"object"})");
  w.key("inputs").begin_object().member("type", "array").member("minItems", inputs).member("maxItems", inputs);
  w.key("items").begin_object().key("anyOf").begin_list();
  for (std::size_t i = 0; i < inputs; ++i) write_infer_input(w, model, i);
  w.end_list().end_object().end_object();
  write_infer_outputs(w, model.signature.outputs);
  w.end_object().key("required").begin_list().value("inputs").end_list().member("additionalProperties", false).end_object();
  if (!is_short(model) || !has_numbers_of_json(model)) return words;
  JsonWriter e(words.example);
  e.begin_object().key("inputs").begin_list();
  for (std::size_t i = 0; i < inputs; ++i) write_infer_example(e, model, i);
  e.end_list().end_object();
  return words;
}

}  // namespace gatehouse::gateway
