#include "gatehouse/wire/tfserving/predict.h"

#include <gmock/gmock.h>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

using testing::ElementsAre;

TensorSpec rows_spec(const char* name, Datatype type, Shape shape) {
  TensorSpec made;
  made.name = name, made.datatype = type, made.shape = std::move(shape);
  return made;
}

engine::Signature table_model() { return {{rows_spec("X", Datatype::fp32, {-1, 2})}, {}}; }
engine::Signature two_inputs() { return {{rows_spec("a", Datatype::int64, {-1}), rows_spec("b", Datatype::bytes, {-1, -1})}, {}}; }

struct ReadRows {
  TensorPredictRequest request;
  std::vector<std::string> faults;
};

ReadRows read_rows(std::string_view body, const engine::Signature& model) {
  JsonParser parser;
  Reading reading;
  ReadRows out;
  out.request = read_tensor_predict(parser.parse(body).value(), model, reading);
  if (reading.clean()) return out;
  const Error error = std::move(reading).error();
  for (const FieldFault& fault : error.faults()) out.faults.push_back(fault.path + ": " + fault.message);
  return out;
}

template <class T>
std::string packed_rows(std::initializer_list<T> values) {
  std::string bytes;
  for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  return bytes;
}

TEST(ReadTensorPredict, TakesRowsOfTheOneInput) {
  const ReadRows got = read_rows(R"({"signature_name":"serving_default","instances":[[1,2],[3,4]]})", table_model());
  EXPECT_THAT(got.faults, ElementsAre());
  EXPECT_EQ(got.request.form, PredictForm::rows);
  EXPECT_EQ(got.request.rows, 2U);
  EXPECT_EQ(got.request.inputs.at(0).shape, (Shape{2, 2}));
  EXPECT_EQ(got.request.inputs.at(0).bytes, packed_rows<float>({1, 2, 3, 4}));
  EXPECT_EQ(read_rows(R"({"instances":[{"X":[1,2]}]})", table_model()).request.inputs.at(0).bytes, packed_rows<float>({1, 2}));
}

TEST(ReadTensorPredict, TakesWholeValues) {
  const ReadRows got = read_rows(R"({"inputs":[[1,2],[3,4]]})", table_model());
  EXPECT_EQ(got.request.form, PredictForm::columns);
  EXPECT_EQ(got.request.inputs.at(0).bytes, packed_rows<float>({1, 2, 3, 4}));
  const ReadRows named = read_rows(R"({"inputs":{"b":[["x"],["y"]],"a":[7,8]}})", two_inputs());
  EXPECT_THAT(named.faults, ElementsAre());
  EXPECT_EQ(named.request.inputs.at(0).bytes, packed_rows<std::int64_t>({7, 8}));
  EXPECT_EQ(named.request.inputs.at(1).shape, (Shape{2, 1}));
}

TEST(ReadTensorPredict, TakesRowsOfSeveralInputsAndBytesInBase64) {
  const ReadRows got = read_rows(R"({"instances":[{"a":1,"b":["x",{"b64":"/+8="}]},{"a":2,"b":["","z"]}]})", two_inputs());
  EXPECT_THAT(got.faults, ElementsAre());
  EXPECT_EQ(got.request.inputs.at(0).shape, (Shape{2}));
  EXPECT_EQ(got.request.inputs.at(1).shape, (Shape{2, 2}));
  EXPECT_THAT(bytes_elements(got.request.inputs.at(1).bytes), ElementsAre("x", "\xff\xef", "", "z"));
  for (const char* const wrong : {"/+8", "_-8=", "====", "/+9=", "a"}) {
    EXPECT_THAT(read_rows(std::string(R"({"instances":[{"a":1,"b":[{"b64":")") + wrong + R"("}]}]})", two_inputs()).faults,
                ElementsAre("/instances/0/b/0/b64: is no base64"))
        << wrong;
  }
}

TEST(ReadTensorPredict, NamesAllThatIsWrongAtOnce) {
  EXPECT_THAT(read_rows(R"({"instances":[[1,"2"],[3],4,[5,6]],"instance":1,"signature_name":"other"})", table_model()).faults,
              ElementsAre("/instance: is not a known field", "/signature_name: is none of the values that it may have",
                          "/instances/0/1: is a string", "/instances/1: has 1 items", "/instances/2: is a number"));
  EXPECT_THAT(read_rows(R"({"instances":[{"a":1},{"b":[],"c":1}]})", two_inputs()).faults,
              ElementsAre("/instances/0/b: is missing", "/instances/1/c: is no input of this model", "/instances/1/a: is missing"));
  EXPECT_THAT(read_rows(R"({"instances":[[1,2]]})", two_inputs()).faults, ElementsAre("/instances/0: is a list"));
  EXPECT_THAT(read_rows(R"({"instances":[]})", table_model()).faults, ElementsAre("/instances: holds no row"));
  EXPECT_THAT(read_rows(R"({"instances":7})", table_model()).faults, ElementsAre("/instances: is a number"));
  EXPECT_THAT(read_rows(R"({})", table_model()).faults, ElementsAre("/instances: is missing"));
  EXPECT_THAT(read_rows(R"({"instances":[[1,2]],"inputs":[[1,2]]})", table_model()).faults,
              ElementsAre("/instances: stands beside inputs"));
  EXPECT_THAT(read_rows(R"([])", table_model()).faults, ElementsAre(": is a list"));
  EXPECT_THAT(read_rows(R"({"instances":[1,2]})", {{rows_spec("s", Datatype::fp32, {})}, {}}).faults,
              ElementsAre("/instances: are 2 rows of 's'"));
  EXPECT_THAT(read_rows(R"({"instances":[1,2]})", {{rows_spec("h", Datatype::fp16, {-1})}, {}}).faults,
              ElementsAre("/instances/0: is for 'h', whose type has no form in JSON"));
  EXPECT_THAT(read_rows(R"({"instances":[1,2]})", {{rows_spec("s", Datatype::fp32, {3})}, {}}).faults,
              ElementsAre("/instances: are 2 rows of 's'"));
}

Tensor rows_tensor(const char* name, Datatype type, Shape shape, std::string bytes) {
  Tensor made;
  made.name = name, made.datatype = type, made.shape = std::move(shape), made.bytes = std::move(bytes);
  return made;
}

TEST(WriteTensorPredictions, WritesOneOutputAsItIsAndSeveralByName) {
  const Tensor scores = rows_tensor("s", Datatype::fp32, {2, 2}, packed_rows<float>({0.5F, 1, 0, 0.25F}));
  const Tensor words = rows_tensor("w", Datatype::bytes, {2}, std::string("\1\0\0\0a\1\0\0\0b", 10));
  const auto written = [](std::initializer_list<Tensor> outputs, PredictForm form) {
    std::string out;
    EXPECT_TRUE(write_tensor_predictions(out, std::vector<Tensor>(outputs), form, 2));
    return out;
  };
  EXPECT_EQ(written({scores}, PredictForm::rows), R"({"predictions":[[0.5,1],[0,0.25]]})");
  EXPECT_EQ(written({scores, words}, PredictForm::rows), R"({"predictions":[{"s":[0.5,1],"w":"a"},{"s":[0,0.25],"w":"b"}]})");
  EXPECT_EQ(written({scores}, PredictForm::columns), R"({"outputs":[[0.5,1],[0,0.25]]})");
  EXPECT_EQ(written({words, scores}, PredictForm::columns), R"({"outputs":{"w":["a","b"],"s":[[0.5,1],[0,0.25]]}})");
}

TEST(WriteTensorPredictions, RefusesWhatIsNotByRowAndWhatHasNoFormInJson) {
  std::string out;
  const std::vector<Tensor> three{rows_tensor("s", Datatype::int8, {3}, "abc")}, halves{rows_tensor("h", Datatype::fp16, {1}, "ab")};
  EXPECT_EQ(write_tensor_predictions(out, three, PredictForm::rows, 2).error().reason(), "model_not_row_wise");
  EXPECT_TRUE(write_tensor_predictions(out, three, PredictForm::columns, 0));
  EXPECT_EQ(write_tensor_predictions(out, halves, PredictForm::rows, 1).error().reason(), "invalid_value");
}

TEST(WriteTensorPredictions, IsNotKeptBusyByExtentsOfNothing) {
  std::string out;
  const std::vector<Tensor> claims{rows_tensor("s", Datatype::int8, {std::int64_t{1} << 40, 0}, "")};
  EXPECT_TRUE(write_tensor_predictions(out, claims, PredictForm::columns, 0));
  EXPECT_EQ(out, R"({"outputs":[]})");
}

}  // namespace
}  // namespace gatehouse::wire
