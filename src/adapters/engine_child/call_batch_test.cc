#include "call_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;

wire::Tensor bytes_tensor(std::string name, wire::Shape shape, std::string bytes) {
  wire::Tensor tensor;
  tensor.name = std::move(name), tensor.datatype = wire::Datatype::int8, tensor.shape = std::move(shape), tensor.bytes = std::move(bytes);
  return tensor;
}
wire::Tensor texts_tensor(std::vector<std::string> texts) {
  wire::Tensor tensor;
  tensor.name = "T", tensor.datatype = wire::Datatype::bytes, tensor.shape = {static_cast<std::int64_t>(texts.size())};
  for (const std::string& one : texts) wire::append_bytes_element(tensor.bytes, one);
  return tensor;
}
w::Infer call(std::string bytes) {
  w::Infer made;
  const auto rows = static_cast<std::int64_t>(bytes.size() / 2);
  made.inputs = {bytes_tensor("X", {rows, 2}, std::move(bytes))};
  return made;
}
w::Infer with_shape(wire::Shape shape) {
  w::Infer made = call("abcd");
  made.inputs.front().shape = std::move(shape);
  return made;
}

TEST(CallBatch, JoinsRowsAndPartsThemAgain) {
  const w::Infer one = call("aabb"), two = call("cc"), three = call("ddeeff");
  const std::array calls{&one, &two, &three};
  const w::Infer whole = joined(calls);
  EXPECT_EQ(whole.inputs.front(), bytes_tensor("X", {6, 2}, "aabbccddeeff"));
  w::Inferred answer;
  answer.outputs = {bytes_tensor("Y", {6}, "123456"), texts_tensor({"a", "", "c", "dd", "e", "f"})};
  const auto parts = parted(answer, calls);
  ASSERT_TRUE(parts && parts->size() == 3);
  EXPECT_EQ((*parts)[0].outputs.front(), bytes_tensor("Y", {2}, "12"));
  EXPECT_EQ((*parts)[1].outputs.front(), bytes_tensor("Y", {1}, "3"));
  EXPECT_EQ((*parts)[2].outputs.front(), bytes_tensor("Y", {3}, "456"));
  EXPECT_EQ((*parts)[0].outputs.back(), texts_tensor({"a", ""}));
  EXPECT_EQ((*parts)[2].outputs.back(), texts_tensor({"dd", "e", "f"}));
}

TEST(CallBatch, OutputsWithOtherRowsCannotBeParted) {
  const w::Infer one = call("aabb"), two = call("cc");
  const std::array calls{&one, &two};
  w::Inferred answer;
  answer.outputs = {bytes_tensor("Y", {1}, "1")};
  EXPECT_FALSE(parted(answer, calls));
  answer.outputs = {bytes_tensor("Y", {}, "1")};
  EXPECT_FALSE(parted(answer, calls));
}

TEST(CallBatch, JoinsOnlyWhatIsAlike) {
  const w::Infer one = call("aabb");
  EXPECT_TRUE(may_join(one, call("cc")));
  EXPECT_FALSE(may_join(one, with_shape({1, 4})));
  EXPECT_FALSE(may_join(one, with_shape({2, 2, 1})));
  EXPECT_FALSE(may_join(one, with_shape({0, 2})));
  w::Infer other = call("cc");
  other.outputs = {"Y"};
  EXPECT_FALSE(may_join(one, other));
  other = call("cc");
  other.inputs.front().name = "Z";
  EXPECT_FALSE(may_join(one, other));
  other = call("cc");
  other.inputs.push_back(other.inputs.front());
  EXPECT_FALSE(may_join(one, other));
  EXPECT_FALSE(may_join(w::Infer(), w::Infer()));
}

TEST(CallBatch, IsForModelsWhoseRowsAreFree) {
  w::Signature signature;
  EXPECT_FALSE(has_free_rows(signature));
  signature.inputs.emplace_back().shape = {-1, 4};
  signature.outputs.emplace_back().shape = {-1};
  EXPECT_TRUE(has_free_rows(signature));
  signature.outputs.emplace_back().shape = {3};
  EXPECT_FALSE(has_free_rows(signature));
  signature.outputs.pop_back();
  signature.inputs.front().shape = {1, 4};
  EXPECT_FALSE(has_free_rows(signature));
}

}  // namespace
}  // namespace gatehouse::adapters
