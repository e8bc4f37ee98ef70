// The library itself, with graphs written by hand: one Identity, and what does not fit.
#include "gatehouse/adapters/onnx_model.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "test_onnx_file.h"

// The library keeps a name of 14 bytes from its start on.
extern "C" const char* __lsan_default_suppressions();  // NOLINT: the sanitizer's name for it
extern "C" const char* __lsan_default_suppressions() { return "leak:libonnxruntime"; }

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;

// [N, 2] of that element type.
std::string value_info(const std::string& name, std::uint64_t type) {
  const std::string shape = text(1, text(2, "N")) + text(1, number(1, 2));
  return text(1, name) + text(2, text(1, number(1, type) + text(2, shape)));
}

std::string identity(std::uint64_t type, const std::string& operation = "Identity") {
  const std::string node = text(1, "X") + text(2, "Y") + text(4, operation);
  const std::string graph = text(1, node) + text(2, "g") + text(11, value_info("X", type)) + text(12, value_info("Y", type));
  return number(1, 8) + text(7, graph) + text(8, text(1, "") + number(2, 17));
}

Fd file_of(const std::string& bytes) {
  Fd file(memfd_create("model", MFD_CLOEXEC));
  EXPECT_EQ(write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return file;
}

Result<std::unique_ptr<engine::TensorModel>> load(const std::string& bytes, const w::LoadTensors& options = {}) {
  const Status opened = load_onnx_runtime({});
  EXPECT_TRUE(opened) << opened.error().public_text();
  return load_onnx_model(file_of(bytes), options);
}

constexpr std::uint64_t onnx_float = 1, onnx_string = 8;

w::Infer floats(std::vector<float> values, wire::Shape shape) {
  w::Infer call;
  wire::Tensor& tensor = call.inputs.emplace_back();
  tensor.name = "X";
  tensor.datatype = wire::Datatype::fp32;
  tensor.shape = std::move(shape);
  tensor.bytes.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return call;
}

TEST(OnnxModel, TellsWhatItTakesAndComputes) {
  auto model = load(identity(onnx_float));
  ASSERT_TRUE(model.ok()) << model.error().describe();
  const w::Signature& signature = (*model)->signature();
  ASSERT_EQ(signature.inputs.size(), 1U);
  EXPECT_EQ(signature.inputs.front().shape, (wire::Shape{-1, 2}));
  EXPECT_EQ(signature.outputs.front().name, "Y");
  const w::Infer call = floats({1, 2, 3, 4}, {2, 2});
  const auto answer = (*model)->infer(call);
  ASSERT_TRUE(answer.ok()) << answer.error().describe();
  EXPECT_EQ(answer->outputs.front().shape, (wire::Shape{2, 2}));
  EXPECT_EQ(answer->outputs.front().bytes, call.inputs.front().bytes);
}

TEST(OnnxModel, PassesWords) {
  auto model = load(identity(onnx_string));
  ASSERT_TRUE(model.ok()) << model.error().describe();
  w::Infer call;
  wire::Tensor& tensor = call.inputs.emplace_back();
  tensor.name = "X";
  tensor.datatype = wire::Datatype::bytes;
  tensor.shape = {1, 2};
  wire::append_bytes_element(tensor.bytes, "鸢尾");
  wire::append_bytes_element(tensor.bytes, "");
  const auto answer = (*model)->infer(call);
  ASSERT_TRUE(answer.ok()) << answer.error().describe();
  EXPECT_EQ(answer->outputs.front().bytes, tensor.bytes);
}

TEST(OnnxModel, RefusesWhatDoesNotFitBeforeTheLibrarySeesIt) {
  auto model = load(identity(onnx_float));
  ASSERT_TRUE(model.ok());
  EXPECT_EQ((*model)->infer(floats({1, 2, 3}, {1, 3})).error().reason(), "invalid_tensor");
  w::Infer renamed = floats({1, 2}, {1, 2});
  renamed.inputs.front().name = "Z";
  EXPECT_EQ((*model)->infer(renamed).error().public_text(), "The input 'X' is missing");
  w::Infer twice = floats({1, 2}, {1, 2});
  twice.inputs.push_back(twice.inputs.front());
  EXPECT_EQ((*model)->infer(twice).error().reason(), "invalid_tensor");
  w::Infer other = floats({1, 2}, {1, 2});
  other.outputs = {"Z"};
  EXPECT_EQ((*model)->infer(other).error().public_text(), "There is no output 'Z'");
}

TEST(OnnxModel, IsNotLoadedWhereTheManifestSaysOtherwise) {
  w::LoadTensors options;
  wire::TensorSpec& spec = options.inputs.emplace_back();
  spec.name = "X";
  spec.shape = {-1, 3};
  auto model = load(identity(onnx_float), options);
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().public_text(), "the input 'X' has the shape [-1, 2] in the graph, and FP32 [-1, 3] in the manifest");
}

TEST(OnnxModel, IsNotLoadedFromWhatIsNoGraph) {
  EXPECT_EQ(load("not a model").error().reason(), "model_file_unusable");
  EXPECT_EQ(load(identity(onnx_float, "NoSuchOperator")).error().reason(), "model_load_failed");
}

TEST(OnnxModel, SurvivesMutatedFiles) {
  const std::string whole = identity(onnx_float);
  std::uint32_t dice = 12345;
  const auto roll = [&dice] { return (dice = dice * 1664525U + 1013904223U) >> 8U; };
  for (int i = 0; i < 200; ++i) {
    std::string file = whole;
    for (int k = 0; k < 3; ++k) file[roll() % file.size()] = static_cast<char>(roll() & 0xffU);
    static_cast<void>(load(file));  // or refused
  }
}

}  // namespace
}  // namespace gatehouse::adapters
