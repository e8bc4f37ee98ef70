#include <algorithm>
#include <cstdio>
#include <cstring>
#include <numeric>

#include "gatehouse/wire/oip/infer.h"
#include "gatehouse/wire/oip/metadata.h"
#include "tensor/json_data.h"

namespace gatehouse::wire {
namespace {

void write_extents(JsonWriter& w, const Shape& shape) {
  w.key("shape").begin_list();
  for (const std::int64_t extent : shape) w.value(extent);
  w.end_list();
}

void write_output(JsonWriter& w, const AnsweredTensor& output) {
  const Tensor& tensor = *output.tensor;
  w.begin_object().member("name", tensor.name);
  write_extents(w, tensor.shape);
  w.member("datatype", to_string(tensor.datatype));
  if (output.form == TensorForm::binary) {
    w.key("parameters").begin_object().member("binary_data_size", tensor.bytes.size()).end_object();
  } else {
    w.key("data");
    write_data(w, tensor);
  }
  w.end_object();
}

// One row of real numbers.
std::vector<double> reals_at(const Tensor& tensor, std::size_t place, std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (tensor.datatype == Datatype::fp64) {
      std::memcpy(&values[i], tensor.bytes.data() + (place + i) * sizeof(double), sizeof(double));
    } else {
      float value = 0;
      std::memcpy(&value, tensor.bytes.data() + (place + i) * sizeof(float), sizeof(float));
      values[i] = static_cast<double>(value);
    }
  }
  return values;
}

std::string class_words(double value, std::size_t place, std::span<const std::string> labels) {
  char number[400];  // as long as any number is with %f
  const int length = std::snprintf(number, sizeof number, "%f", value);
  std::string words(number, static_cast<std::size_t>(length));
  words.append(":").append(std::to_string(place));
  if (place < labels.size()) words.append(":").append(labels[place]);
  return words;
}

}  // namespace

std::optional<std::size_t> write_infer_reply(std::string& out, const InferReply& reply) {
  const std::size_t before = out.size();
  JsonWriter w(out);
  w.begin_object().member("model_name", reply.model).member("model_version", reply.version);
  if (!reply.id.empty()) w.member("id", reply.id);
  w.key("outputs").begin_list();
  for (const AnsweredTensor& output : reply.outputs) write_output(w, output);
  w.end_list().end_object();
  const bool all_json = std::ranges::all_of(reply.outputs, [](const AnsweredTensor& one) { return one.form == TensorForm::json; });
  if (all_json) return std::nullopt;
  const std::size_t json = out.size() - before;
  for (const AnsweredTensor& output : reply.outputs) {
    if (output.form == TensorForm::binary) out.append(output.tensor->bytes);
  }
  return json;
}

std::optional<Tensor> classify(const Tensor& tensor, std::uint32_t classes, std::span<const std::string> labels) {
  const bool real = tensor.datatype == Datatype::fp32 || tensor.datatype == Datatype::fp64;
  if (!real || tensor.shape.empty() || tensor.shape.back() <= 0 || classes == 0) return std::nullopt;
  const auto width = static_cast<std::size_t>(tensor.shape.back());
  const std::size_t most = std::min<std::size_t>(classes, width), count = tensor.bytes.size() / width_of(tensor.datatype);
  Tensor words;
  words.name = tensor.name;
  words.datatype = Datatype::bytes;
  words.shape = tensor.shape;
  words.shape.back() = static_cast<std::int64_t>(most);
  std::vector<std::size_t> places(width);
  for (std::size_t row = 0; row + width <= count; row += width) {
    const std::vector<double> values = reals_at(tensor, row, width);
    std::iota(places.begin(), places.end(), std::size_t{0});
    const auto likelier = [&values](std::size_t a, std::size_t b) { return values[a] != values[b] ? values[a] > values[b] : a < b; };
    std::partial_sort(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(most), places.end(), likelier);
    for (std::size_t i = 0; i < most; ++i) append_bytes_element(words.bytes, class_words(values[places[i]], places[i], labels));
  }
  return words;
}

void infer_reply_schema(JsonWriter& w) {
  w.raw(R"({"type":"object","properties":{"model_name":{"type":"string"},"model_version":{"type":"string"},"id":{"type":"string"},)"
        R"("outputs":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},)"
        R"("shape":{"type":"array","items":{"type":"integer"}},"datatype":{"type":"string"},)"
        R"("data":{"type":"array","description":"row-major; left out where its bytes stand behind the JSON"},)"
        R"("parameters":{"type":"object","properties":{"binary_data_size":{"type":"integer"}}}},)"
        R"("required":["name","shape","datatype"]}}},"required":["model_name","model_version","outputs"]})");
}

void write_server_metadata(std::string& out, std::string_view name, std::string_view version,
                           std::span<const std::string_view> extensions) {
  JsonWriter w(out);
  w.begin_object().member("name", name).member("version", version).key("extensions").begin_list();
  for (const std::string_view one : extensions) w.value(one);
  w.end_list().end_object();
}

namespace {

void write_specs(JsonWriter& w, std::string_view side, std::span<const TensorSpec> specs) {
  w.key(side).begin_list();
  for (const TensorSpec& spec : specs) {
    w.begin_object().member("name", spec.name).member("datatype", to_string(spec.datatype));
    write_extents(w, spec.shape);
    w.end_object();
  }
  w.end_list();
}

}  // namespace

void write_model_metadata(std::string& out, const ModelMetadata& model) {
  JsonWriter w(out);
  w.begin_object().member("name", model.name).key("versions").begin_list();
  for (const std::string& version : model.versions) w.value(version);
  w.end_list().member("platform", model.platform);
  write_specs(w, "inputs", model.inputs);
  write_specs(w, "outputs", model.outputs);
  w.end_object();
}

void write_model_ready(std::string& out, std::string_view name, Readiness readiness) {
  JsonWriter(out).begin_object().member("name", name).member("ready", readiness == Readiness::ready).end_object();
}

void server_metadata_schema(JsonWriter& w) {
  w.raw(R"({"type":"object","properties":{"name":{"type":"string"},"version":{"type":"string"},)"
        R"("extensions":{"type":"array","items":{"type":"string"}}},"required":["name","version","extensions"]})");
}

void model_metadata_schema(JsonWriter& w) {
  constexpr std::string_view tensors =
      R"({"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},"datatype":{"type":"string"},)"
      R"("shape":{"type":"array","description":"-1: any extent","items":{"type":"integer","minimum":-1}}},"required":["name","datatype","shape"]}})";
  w.begin_object().member("type", "object").key("properties").begin_object();
  w.member_raw("name", R"({"type":"string"})").member_raw("versions", R"({"type":"array","items":{"type":"string"}})");
  w.member_raw("platform", R"({"type":"string"})").member_raw("inputs", tensors).member_raw("outputs", tensors);
  w.end_object().member_raw("required", R"(["name","versions","platform","inputs","outputs"])").end_object();
}

void model_ready_schema(JsonWriter& w) {
  w.raw(R"({"type":"object","properties":{"name":{"type":"string"},"ready":{"type":"boolean"}},"required":["name","ready"]})");
}

void oip_live_schema(JsonWriter& w) { w.raw(R"({"type":"object","properties":{"live":{"type":"boolean"}},"required":["live"]})"); }

void oip_ready_schema(JsonWriter& w) {
  w.raw(R"({"type":"object","properties":{"ready":{"type":"boolean"},"live":{"type":"boolean"}},"required":["ready","live"]})");
}

}  // namespace gatehouse::wire
