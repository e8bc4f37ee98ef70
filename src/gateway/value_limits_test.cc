#include "value_limits.h"

#include <gmock/gmock.h>

#include <limits>

namespace gatehouse::gateway {
namespace {

using testing::ElementsAre;
using wire::Datatype;

wire::Tensor limits_tensor(const char* name, Datatype type, wire::Shape shape, std::string bytes) {
  wire::Tensor made;
  made.name = name, made.datatype = type, made.shape = std::move(shape), made.bytes = std::move(bytes);
  return made;
}

wire::TensorSpec spec_like(const wire::Tensor& tensor) {
  wire::TensorSpec spec;
  spec.name = tensor.name, spec.datatype = tensor.datatype, spec.shape = tensor.shape;
  return spec;
}

model::Feature bounded(const char* name, std::optional<double> min, std::optional<double> max) {
  model::Feature made;
  made.name = name, made.min = min, made.max = max;
  return made;
}

std::vector<std::string> faults_found(const std::vector<wire::Tensor>& inputs, const std::vector<model::Feature>& features) {
  wire::engine::Signature model;
  for (const wire::Tensor& one : inputs) model.inputs.push_back(spec_like(one));
  wire::Reading reading;
  check_values(inputs, model, features, reading);
  std::vector<std::string> out;
  if (reading.clean()) return out;
  const Error error = std::move(reading).error();
  for (const FieldFault& fault : error.faults()) out.push_back(fault.path + " " + fault.message);
  return out;
}

template <class T>
std::string packed_values(std::initializer_list<T> values) {
  std::string bytes;
  for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  return bytes;
}

TEST(CheckValues, LooksAtEachColumnOfATable) {
  const float none = std::numeric_limits<float>::quiet_NaN();
  const std::vector<model::Feature> features{bounded("a", 0, 10), bounded("b", {}, {})};
  EXPECT_THAT(faults_found({limits_tensor("X", Datatype::fp32, {2, 2}, packed_values<float>({0, 99, 10, -99}))}, features), ElementsAre());
  EXPECT_THAT(faults_found({limits_tensor("X", Datatype::fp32, {2, 2}, packed_values<float>({11, none, none, 0}))}, features),
              ElementsAre("/inputs/0/data/0 is out of range", "/inputs/0/data/2 is out of range"));
  EXPECT_THAT(faults_found({limits_tensor("X", Datatype::int8, {1, 2}, packed_values<std::int8_t>({-1, -1}))}, features),
              ElementsAre("/inputs/0/data/0 is out of range"));
  EXPECT_THAT(faults_found({limits_tensor("X", Datatype::fp32, {4}, packed_values<float>({99, 99, 99, 99}))}, features), ElementsAre())
      << "what is no table has no columns";
}

TEST(CheckValues, LooksAtInputsOfAColumnEach) {
  model::Feature kind = bounded("kind", {}, {});
  kind.values = {"red", "blue"};
  std::string words;
  for (const char* word : {"red", "green"}) wire::append_bytes_element(words, word);
  const std::vector<wire::Tensor> inputs{limits_tensor("size", Datatype::fp64, {2, 1}, packed_values<double>({1, 3})),
                                         limits_tensor("kind", Datatype::bytes, {2, 1}, words)};
  EXPECT_THAT(faults_found(inputs, {bounded("size", 0, 2), kind}),
              ElementsAre("/inputs/0/data/1 is out of range", "/inputs/1/data/1 is none of the known values"));
}

TEST(CheckValues, RefusesWordsThatTheEngineWouldCut) {
  std::string words;
  wire::append_bytes_element(words, std::string_view("a\0b", 3));
  EXPECT_THAT(faults_found({limits_tensor("w", Datatype::bytes, {1}, words)}, {}), ElementsAre("/inputs/0/data/0 holds a zero byte"));
}

}  // namespace
}  // namespace gatehouse::gateway
