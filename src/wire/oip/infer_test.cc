#include "gatehouse/wire/oip/infer.h"

#include <gmock/gmock.h>

#include <cstring>
#include <limits>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

using testing::ElementsAre;

TensorSpec infer_spec(const char* name, Datatype type, Shape shape) {
  TensorSpec made;
  made.name = name, made.datatype = type, made.shape = std::move(shape);
  return made;
}

engine::Signature iris_model() {
  return {{infer_spec("X", Datatype::fp32, {-1, 4})},
          {infer_spec("label", Datatype::int64, {-1}), infer_spec("probabilities", Datatype::fp32, {-1, 3})}};
}

engine::Signature model_of(Datatype type) { return {{infer_spec("x", type, {-1})}, {infer_spec("y", type, {-1})}}; }

struct ReadCall {
  InferRequest request;
  std::vector<std::string> faults;  // path: message
};

ReadCall read_call(std::string_view body, const engine::Signature& model = iris_model(), std::string_view binary = {}) {
  JsonParser parser;
  Reading reading;
  ReadCall out;
  out.request = read_infer_request(parser.parse(body).value(), binary, model, reading);
  if (reading.clean()) return out;
  const Error error = std::move(reading).error();
  for (const FieldFault& fault : error.faults()) out.faults.push_back(fault.path + ": " + fault.message);
  return out;
}

template <class T>
std::string packed(std::initializer_list<T> values) {
  std::string bytes;
  for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  return bytes;
}

TEST(ReadInfer, TakesTheProtocolsOwnExample) {
  const ReadCall got = read_call(
      R"({"id":"42","parameters":{},"inputs":[{"name":"X","shape":[1,4],"datatype":"FP32","parameters":{},"data":[5.1,3.5,1.4,0.2]}],)"
      R"("outputs":[{"name":"label","parameters":{"classification":3}}]})");
  EXPECT_THAT(got.faults, ElementsAre());
  EXPECT_EQ(got.request.id, "42");
  ASSERT_EQ(got.request.inputs.size(), 1U);
  EXPECT_EQ(got.request.inputs[0].shape, (Shape{1, 4}));
  EXPECT_EQ(got.request.inputs[0].bytes, packed<float>({5.1F, 3.5F, 1.4F, 0.2F}));
  ASSERT_EQ(got.request.outputs.size(), 1U);
  EXPECT_EQ(got.request.outputs[0].name, "label");
  EXPECT_EQ(got.request.outputs[0].classes, 3U);
  EXPECT_EQ(got.request.outputs[0].form, TensorForm::json);
}

TEST(ReadInfer, TakesNestedListsAsTheShapeSays) {
  const auto with = [](const char* data) {
    return read_call(std::string(R"({"inputs":[{"name":"X","shape":[2,4],"datatype":"FP32","data":)") + data + "}]}");
  };
  EXPECT_EQ(with("[[1,2,3,4],[5,6,7,8]]").request.inputs[0].bytes, packed<float>({1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(with("[1,2,3,4,5,6,7,8]").request.inputs[0].bytes, packed<float>({1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_THAT(with("[[1,2,3,4],[5,6,7]]").faults, ElementsAre("/inputs/0/data/1: has 3 items"));
  EXPECT_THAT(with("[[1,2,3,4]]").faults, ElementsAre("/inputs/0/data: has 1 item"));
  EXPECT_THAT(with("[[1,2,3,4],5]").faults, ElementsAre("/inputs/0/data/1: is a number"));
  EXPECT_THAT(with("[[1,2,3,[4]],[5,6,7,8]]").faults, ElementsAre("/inputs/0/data/0/3: is a list"));
  EXPECT_THAT(with("[1,2,3]").faults, ElementsAre("/inputs/0/data: has 3 values"));
  EXPECT_THAT(with("[1,2,3,4,5,6,7,\"8\"]").faults, ElementsAre("/inputs/0/data/7: is a string"));
}

struct TypeCase {
  Datatype type;
  const char* good;
  std::string bytes;
  const char* bad;
};

TEST(ReadInfer, HoldsEveryTypeToItsRange) {
  const TypeCase cases[] = {
      {Datatype::boolean, "[true,false]", std::string("\1\0", 2), "[0,1]"},
      {Datatype::uint8, "[0,255]", packed<std::uint8_t>({0, 255}), "[-1,256]"},
      {Datatype::uint16, "[0,65535]", packed<std::uint16_t>({0, 65535}), "[-1,65536]"},
      {Datatype::uint32, "[0,4294967295]", packed<std::uint32_t>({0, 4294967295U}), "[-1,4294967296]"},
      {Datatype::uint64, "[1,18446744073709551615]", packed<std::uint64_t>({1, std::numeric_limits<std::uint64_t>::max()}), "[-1,0.5]"},
      {Datatype::int8, "[-128,127]", packed<std::int8_t>({-128, 127}), "[-129,128]"},
      {Datatype::int16, "[-32768,32767]", packed<std::int16_t>({-32768, 32767}), "[-32769,32768]"},
      {Datatype::int32, "[-2147483648,1.0]", packed<std::int32_t>({std::numeric_limits<std::int32_t>::min(), 1}), "[2147483648,1.5]"},
      {Datatype::int64, "[-9223372036854775808,1]", packed<std::int64_t>({std::numeric_limits<std::int64_t>::min(), 1}),
       "[9223372036854775808,1.5]"},
      {Datatype::fp32, "[-0.5,3e38]", packed<float>({-0.5F, 3e38F}), "[1e39,true]"},
      {Datatype::fp64, "[-0.5,1e300]", packed<double>({-0.5, 1e300}), "[null,\"1\"]"},
      {Datatype::bytes, R"(["one",""])", std::string("\3\0\0\0one\0\0\0\0", 11), "[1,true]"},
  };
  for (const TypeCase& one : cases) {
    const std::string name(to_string(one.type));
    const auto with = [&](const char* data) {
      return read_call(R"({"inputs":[{"name":"x","shape":[2],"datatype":")" + name + R"(","data":)" + data + "}]}", model_of(one.type));
    };
    const ReadCall good = with(one.good);
    EXPECT_THAT(good.faults, ElementsAre()) << name;
    EXPECT_EQ(good.request.inputs.at(0).bytes, one.bytes) << name;
    EXPECT_EQ(with(one.bad).faults.size(), 2U) << name;
  }
}

TEST(ReadInfer, NamesAllThatIsWrongAtOnce) {
  const ReadCall got = read_call(
      R"({"inputs":[{"name":"X","shape":[1,3],"datatype":"FP64","data":[1,2,3]},{"name":"Y","shape":[1],"datatype":"FP32","data":[1]}],)"
      R"("outputs":[{"name":"nothing"}],"output":1,"parameters":{"binary_data_output":1}})");
  EXPECT_THAT(got.faults, ElementsAre("/output: is not a known field", "/parameters/binary_data_output: is a number",
                                      "/inputs/0/datatype: is FP64", "/inputs/0/shape: is [1, 3]",
                                      "/inputs/1/name: is no input of this model", "/outputs/0/name: is no output of this model"));
  EXPECT_THAT(read_call(R"({"inputs":[{"name":"x","shape":[1,4],"datatype":"FLOAT","data":[1,2,3,4]}]})").faults,
              ElementsAre("/inputs/0/datatype: is none of the values that it may have", "/inputs: lack 'X'"));
  EXPECT_THAT(read_call("{}").faults, ElementsAre("/inputs: is missing"));
  EXPECT_THAT(read_call(R"({"inputs":[]})").faults, ElementsAre("/inputs: has too few items"));
  EXPECT_THAT(read_call("[]").faults, ElementsAre(": is a list"));
  EXPECT_THAT(read_call(R"({"inputs":[{"name":"X","shape":[1,4],"datatype":"FP32"}]})").faults, ElementsAre("/inputs/0/data: is missing"));
  EXPECT_THAT(read_call(R"({"inputs":[{"name":"X","shape":[-1,4],"datatype":"FP32","data":[]}]})").faults,
              ElementsAre("/inputs/0/shape/0: is too small"));
  EXPECT_THAT(read_call(R"({"inputs":[{"name":"X","shape":[4611686018427387904,4],"datatype":"FP32","data":[]}]})").faults,
              ElementsAre("/inputs/0/shape: is more than a tensor can hold"));
}

TEST(ReadInfer, RefusesTheSameNameTwiceAndSharedMemory) {
  constexpr std::string_view x = R"({"name":"X","shape":[0,4],"datatype":"FP32","data":[]})";
  EXPECT_THAT(read_call(R"({"inputs":[)" + std::string(x) + "," + std::string(x) + "]}").faults,
              ElementsAre("/inputs/1/name: names an input a second time"));
  EXPECT_THAT(read_call(R"({"inputs":[)" + std::string(x) + R"(],"outputs":[{"name":"label"},{"name":"label"}]})").faults,
              ElementsAre("/outputs/1/name: names an output a second time"));
  EXPECT_THAT(
      read_call(R"({"inputs":[)" + std::string(x) + R"(],"outputs":[{"name":"label","parameters":{"shared_memory_region":"r"}}]})").faults,
      ElementsAre("/outputs/0/parameters/shared_memory_region: is not possible here"));
}

std::string binary_input(const char* name, Datatype type, const char* shape, std::size_t size) {
  return std::string(R"({"name":")") + name + R"(","shape":)" + shape + R"(,"datatype":")" + std::string(to_string(type)) +
         R"(","parameters":{"binary_data_size":)" + std::to_string(size) + "}}";
}

TEST(ReadInfer, TakesBytesBehindTheJsonInTheOrderOfTheInputs) {
  engine::Signature two = model_of(Datatype::fp16);
  two.inputs.push_back(infer_spec("z", Datatype::bytes, {-1}));
  two.outputs.clear();
  const std::string body =
      R"({"inputs":[)" + binary_input("z", Datatype::bytes, "[1]", 7) + "," + binary_input("x", Datatype::fp16, "[2]", 4) + "]}";
  const ReadCall got = read_call(body, two, std::string_view("\3\0\0\0oneabcd", 11));
  EXPECT_THAT(got.faults, ElementsAre());
  EXPECT_EQ(got.request.inputs.at(0).bytes, std::string_view("\3\0\0\0one", 7));
  EXPECT_EQ(got.request.inputs.at(1).bytes, "abcd");
  EXPECT_THAT(read_call(body, two, "abc").faults,
              ElementsAre("/inputs/0/parameters/binary_data_size: is more than stands behind the JSON",
                          "/inputs/1/parameters/binary_data_size: is more than stands behind the JSON"));
  EXPECT_THAT(read_call(body, two, std::string_view("\4\0\0\0oneabcd", 11)).faults,
              ElementsAre("/inputs/0/parameters/binary_data_size: gives the tensor another number of elements than the shape says"));
  EXPECT_THAT(read_call(body, two, std::string_view("\3\0\0\0oneabcdefg", 14)).faults,
              ElementsAre("/inputs: leave 3 bytes behind the JSON that are nobody's"));
}

TEST(ReadInfer, SaysWhichTypesHaveNoFormInJson) {
  for (const Datatype type : {Datatype::fp16, Datatype::bf16}) {
    const std::string name(to_string(type));
    const std::string input = binary_input("x", type, "[1]", 2);
    EXPECT_THAT(read_call(R"({"inputs":[{"name":"x","shape":[1],"datatype":")" + name +
                              R"(","data":[1]}],"parameters":{"binary_data_output":true}})",
                          model_of(type))
                    .faults,
                ElementsAre("/inputs/0/data: cannot hold " + name));
    EXPECT_THAT(read_call(R"({"inputs":[)" + input + "]}", model_of(type), "ab").faults,
                ElementsAre("/outputs: cannot all be JSON: 'y' is " + name));
    EXPECT_THAT(read_call(R"({"inputs":[)" + input + R"(],"outputs":[{"name":"y"}]})", model_of(type), "ab").faults,
                ElementsAre("/outputs/0: is " + name + ", which has no form in JSON"));
    const ReadCall got =
        read_call(R"({"inputs":[)" + input + R"(],"outputs":[{"name":"y","parameters":{"binary_data":true}}]})", model_of(type), "ab");
    EXPECT_THAT(got.faults, ElementsAre());
    EXPECT_EQ(got.request.outputs.at(0).form, TensorForm::binary);
  }
}

TEST(ReadInfer, LetsAnOutputDifferFromWhatIsSaidOfAll) {
  const ReadCall got =
      read_call(R"({"inputs":[{"name":"X","shape":[0,4],"datatype":"FP32","data":[]}],"parameters":{"binary_data_output":true},)"
                R"("outputs":[{"name":"probabilities","parameters":{"binary_data":false}},{"name":"label"}]})");
  ASSERT_EQ(got.request.outputs.size(), 2U);
  EXPECT_EQ(got.request.outputs[0].form, TensorForm::json);
  EXPECT_EQ(got.request.outputs[1].form, TensorForm::binary);
}

TEST(SplitInferBody, CutsWhereTheHeadSays) {
  const InferBytes all = split_infer_body("{}abc", std::nullopt).value();
  EXPECT_EQ(all.json, "{}abc");
  const InferBytes cut = split_infer_body("{}abc", "2").value();
  EXPECT_EQ(cut.json, "{}");
  EXPECT_EQ(cut.binary, "abc");
  for (const char* const wrong : {"6", "-1", "", "two", "2 ", "99999999999999999999", "0x2"}) {
    EXPECT_EQ(split_infer_body("{}abc", wrong).error().reason(), "invalid_header_length") << wrong;
  }
}

Tensor infer_tensor(const char* name, Datatype type, Shape shape, std::string bytes) {
  Tensor made;
  made.name = name, made.datatype = type, made.shape = std::move(shape), made.bytes = std::move(bytes);
  return made;
}

TEST(WriteInferReply, WritesTheProtocolsOwnExample) {
  const Tensor label = infer_tensor("label", Datatype::int64, {1}, packed<std::int64_t>({0}));
  const AnsweredTensor outputs[] = {{&label, TensorForm::json}};
  std::string body;
  EXPECT_FALSE(write_infer_reply(body, {"iris", "1", "42", outputs}));
  EXPECT_EQ(
      body,
      R"({"model_name":"iris","model_version":"1","id":"42","outputs":[{"name":"label","shape":[1],"datatype":"INT64","data":[0]}]})");
}

TEST(WriteInferReply, PutsBytesBehindTheJson) {
  const Tensor halves = infer_tensor("h", Datatype::fp16, {2}, "abcd"),
               words = infer_tensor("w", Datatype::bytes, {2}, std::string("\1\0\0\0a\1\0\0\0b", 10));
  const AnsweredTensor outputs[] = {{&halves, TensorForm::binary}, {&words, TensorForm::json}, {&words, TensorForm::binary}};
  std::string body;
  const std::optional<std::size_t> json = write_infer_reply(body, {"m", "2", "", outputs});
  ASSERT_TRUE(json);
  EXPECT_EQ(
      body.substr(0, *json),
      R"({"model_name":"m","model_version":"2","outputs":[{"name":"h","shape":[2],"datatype":"FP16","parameters":{"binary_data_size":4}},)"
      R"({"name":"w","shape":[2],"datatype":"BYTES","data":["a","b"]},)"
      R"({"name":"w","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":10}}]})");
  EXPECT_EQ(body.substr(*json), "abcd" + words.bytes);
}

TEST(WriteInferReply, WritesEveryTypeThatHasAFormInJson) {
  const std::pair<Tensor, const char*> cases[] = {
      {infer_tensor("t", Datatype::boolean, {2}, std::string("\1\0", 2)), "[true,false]"},
      {infer_tensor("t", Datatype::uint8, {1}, "\xff"), "[255]"},
      {infer_tensor("t", Datatype::int8, {1}, "\xff"), "[-1]"},
      {infer_tensor("t", Datatype::uint64, {1}, std::string(8, '\xff')), "[18446744073709551615]"},
      {infer_tensor("t", Datatype::fp32, {2}, packed<float>({0.1F, std::numeric_limits<float>::infinity()})), "[0.1,null]"},
      {infer_tensor("t", Datatype::fp64, {1}, packed<double>({0.1})), "[0.1]"},
      {infer_tensor("t", Datatype::int16, {0}, ""), "[]"}};
  for (const auto& [value, json] : cases) {
    const AnsweredTensor outputs[] = {{&value, TensorForm::json}};
    std::string body;
    EXPECT_FALSE(write_infer_reply(body, {"m", "1", "", outputs}));
    EXPECT_NE(body.find(std::string(R"("data":)") + json), std::string::npos) << body;
  }
}

TEST(Classify, NamesTheLikeliestFirst) {
  const Tensor rows = infer_tensor("p", Datatype::fp32, {2, 3}, packed<float>({0.25F, 0.5F, 0.25F, 0, 0, 1}));
  const std::vector<std::string> labels{"setosa", "versicolor"};
  const std::optional<Tensor> words = classify(rows, 2, labels);
  ASSERT_TRUE(words);
  EXPECT_EQ(words->shape, (Shape{2, 2}));
  EXPECT_THAT(bytes_elements(words->bytes), ElementsAre("0.500000:1:versicolor", "0.250000:0:setosa", "1.000000:2", "0.000000:0:setosa"));
  EXPECT_EQ(fault_in(*words), nullptr);
  EXPECT_EQ(classify(rows, 99, labels)->shape, (Shape{2, 3}));
  EXPECT_FALSE(classify(infer_tensor("l", Datatype::int64, {1}, std::string(8, '\0')), 3, labels));
  EXPECT_EQ(classify(infer_tensor("d", Datatype::fp64, {1}, packed<double>({1e308})), 1, {})->shape, (Shape{1}));
}

}  // namespace
}  // namespace gatehouse::wire
