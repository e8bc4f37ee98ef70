// Frames of tensor models: long ones in parts, and what no frame may say.
#include <gtest/gtest.h>

#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::wire::engine {
namespace {

Tensor numbers(std::size_t count) {
  Tensor tensor;
  tensor.name = "X";
  tensor.datatype = Datatype::fp32;
  tensor.shape = {static_cast<std::int64_t>(count), 1};
  tensor.bytes.assign(count * 4, 'x');
  return tensor;
}

Result<std::optional<Frame>> read(Sender sender, const std::string& bytes) {
  FrameReader reader(sender);
  reader.append(bytes);
  return reader.next();
}

TEST(TensorFrames, LongOnesComeInPartsInBothDirections) {
  Infer call;
  call.inputs.push_back(numbers(1'000'000));
  std::string bytes;
  encode(7, call, bytes);
  EXPECT_GT(bytes.size(), 3 * max_payload);
  auto frame = read(Sender::front, bytes);
  ASSERT_TRUE(frame.ok() && frame->has_value());
  EXPECT_EQ((*frame)->job, 7U);
  EXPECT_EQ(std::get<Infer>((*frame)->body), call);

  Inferred answer;
  answer.outputs = call.inputs;
  bytes.clear();
  encode(8, answer, bytes);
  frame = read(Sender::engine, bytes);
  ASSERT_TRUE(frame.ok() && frame->has_value());
  EXPECT_EQ(std::get<Inferred>((*frame)->body), answer);
}

TEST(TensorFrames, PartsOfDifferentTypesWithOneJobStayApart) {
  Infer call;
  call.inputs.push_back(numbers(400'000));
  Prepare prepare;
  prepare.prompt.assign(max_payload + 10, 'p');
  std::string calls, prepares;
  encode(7, call, calls);
  encode(7, prepare, prepares);
  const std::size_t part = header_bytes + max_payload;
  FrameReader reader(Sender::front);
  reader.append(calls.substr(0, part));
  reader.append(prepares.substr(0, part));
  reader.append(calls.substr(part));
  reader.append(prepares.substr(part));
  auto first = reader.next();
  ASSERT_TRUE(first.ok() && first->has_value());
  EXPECT_EQ(std::get<Infer>((*first)->body), call);
  auto second = reader.next();
  ASSERT_TRUE(second.ok() && second->has_value());
  EXPECT_EQ(std::get<Prepare>((*second)->body), prepare);
}

TEST(TensorFrames, RefuseTensorsThatAreNotWhatTheirShapesSay) {
  for (const Shape& shape : {Shape{3, 1}, Shape{-2, -1}, Shape{std::int64_t{1} << 62, 8}}) {
    Infer call;
    call.inputs.push_back(numbers(2));
    call.inputs.front().shape = shape;
    std::string bytes;
    encode(1, call, bytes);
    const auto frame = read(Sender::front, bytes);
    ASSERT_FALSE(frame.ok());
    EXPECT_EQ(frame.error().reason(), "engine_frame_malformed");
  }
}

TEST(TensorFrames, HaveNoMoreTensorsThanAnyMayHave) {
  Inferred answer;
  answer.outputs.assign(most_tensors, numbers(0));
  std::string bytes;
  encode(1, answer, bytes);
  EXPECT_TRUE(read(Sender::engine, bytes).ok());
  answer.outputs.push_back(numbers(0));
  bytes.clear();
  encode(1, answer, bytes);
  EXPECT_EQ(read(Sender::engine, bytes).error().reason(), "engine_frame_malformed");
  Signature signature;
  signature.inputs.assign(most_tensors + 1, TensorSpec());
  bytes.clear();
  encode(0, signature, bytes);
  EXPECT_FALSE(read(Sender::engine, bytes).ok());
}

TEST(TensorFrames, PlansComeInPartsToo) {
  const Native native{std::string(3 * max_payload, 'p')};
  std::string bytes;
  encode(0, native, bytes);
  const auto frame = read(Sender::engine, bytes);
  ASSERT_TRUE(frame.ok() && frame->has_value());
  EXPECT_EQ(std::get<Native>((*frame)->body), native);
  EXPECT_FALSE(read(Sender::front, bytes).ok());
}

TEST(TensorFrames, BelongToTheirSide) {
  std::string bytes;
  encode(1, Infer{}, bytes);
  EXPECT_FALSE(read(Sender::engine, bytes).ok());
  bytes.clear();
  encode(1, Inferred{}, bytes);
  EXPECT_FALSE(read(Sender::front, bytes).ok());
}

}  // namespace
}  // namespace gatehouse::wire::engine
