// The library itself, with graphs written by hand: one Identity, and what does not fit.
#include "gatehouse/adapters/onnx_model.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "gatehouse/base/random.h"
#include "gatehouse/trees/tensor_predictor.h"
#include "native_choice.h"
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

// A tree of three leaves: x[0] <= 1 is class 0; else x[1] <= 2 is class 1, else class 2 three times in four.
std::string attribute(const std::string& name, std::uint64_t type, const std::string& value) {
  return text(5, text(1, name) + value + number(20, type));
}
std::string whole_numbers(const std::string& name, const std::vector<std::uint64_t>& values) {
  std::string list;
  for (const std::uint64_t one : values) list += number(8, one);
  return attribute(name, 7, list);
}
std::string plain_numbers(const std::string& name, const std::vector<float>& values) {
  return attribute(name, 6, text(7, std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float))));
}
std::string words(const std::string& name, const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& one : values) list += text(9, one);
  return attribute(name, 8, list);
}
std::string tree(const std::string& after = "NONE") {
  std::string node = text(1, "X") + text(2, "label") + text(2, "scores") + text(4, "TreeEnsembleClassifier") + text(7, "ai.onnx.ml");
  node += whole_numbers("nodes_treeids", {0, 0, 0, 0, 0}) + whole_numbers("nodes_nodeids", {0, 1, 2, 3, 4});
  node += whole_numbers("nodes_featureids", {0, 0, 1, 0, 0}) + plain_numbers("nodes_values", {1, 0, 2, 0, 0});
  node += words("nodes_modes", {"BRANCH_LEQ", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF"});
  node += whole_numbers("nodes_truenodeids", {1, 0, 3, 0, 0}) + whole_numbers("nodes_falsenodeids", {2, 0, 4, 0, 0});
  node += whole_numbers("class_treeids", {0, 0, 0, 0, 0, 0, 0, 0, 0}) + whole_numbers("class_nodeids", {1, 1, 1, 3, 3, 3, 4, 4, 4});
  node += whole_numbers("class_ids", {0, 1, 2, 0, 1, 2, 0, 1, 2}) + plain_numbers("class_weights", {1, 0, 0, 0, 1, 0, 0, 0.25F, 0.75F});
  node += whole_numbers("classlabels_int64s", {0, 1, 2}) + attribute("post_transform", 3, text(4, after));
  const std::string label = text(1, "label") + text(2, text(1, number(1, 7) + text(2, text(1, text(2, "N")))));
  const std::string scores = text(1, "scores") + text(2, text(1, number(1, 1) + text(2, text(1, text(2, "N")) + text(1, number(1, 3)))));
  const std::string graph = text(1, node) + text(2, "g") + text(11, value_info("X", 1)) + text(12, label) + text(12, scores);
  return number(1, 8) + text(7, graph) + text(8, text(1, "") + number(2, 17)) + text(8, text(1, "ai.onnx.ml") + number(2, 3));
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

Result<w::Inferred> infer(engine::TensorModel& model, const w::Infer& call) { return model.infer(call, std::stop_token()); }

TEST(OnnxModel, TellsWhatItTakesAndComputes) {
  auto model = load(identity(onnx_float));
  ASSERT_TRUE(model.ok()) << model.error().describe();
  const w::Signature& signature = (*model)->signature();
  ASSERT_EQ(signature.inputs.size(), 1U);
  EXPECT_EQ(signature.inputs.front().shape, (wire::Shape{-1, 2}));
  EXPECT_EQ(signature.outputs.front().name, "Y");
  const w::Infer call = floats({1, 2, 3, 4}, {2, 2});
  const auto answer = infer(**model, call);
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
  const auto answer = infer(**model, call);
  ASSERT_TRUE(answer.ok()) << answer.error().describe();
  EXPECT_EQ(answer->outputs.front().bytes, tensor.bytes);
}

TEST(OnnxModel, RefusesWhatDoesNotFitBeforeTheLibrarySeesIt) {
  auto model = load(identity(onnx_float));
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(infer(**model, floats({1, 2, 3}, {1, 3})).error().reason(), "invalid_tensor");
  w::Infer renamed = floats({1, 2}, {1, 2});
  renamed.inputs.front().name = "Z";
  EXPECT_EQ(infer(**model, renamed).error().public_text(), "The input 'X' is missing");
  w::Infer twice = floats({1, 2}, {1, 2});
  twice.inputs.push_back(twice.inputs.front());
  EXPECT_EQ(infer(**model, twice).error().reason(), "invalid_tensor");
  w::Infer other = floats({1, 2}, {1, 2});
  other.outputs = {"Z"};
  EXPECT_EQ(infer(**model, other).error().public_text(), "There is no output 'Z'");
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
  EXPECT_EQ(load("not a model").error().reason(), "onnx_invalid");
  EXPECT_EQ(load(identity(onnx_float, "NoSuchOperator")).error().reason(), "model_load_failed");
}

TEST(OnnxModel, OperatorsOfNobodyAreRefusedBeforeTheLibrarySeesThem) {
  const std::string node = text(1, "X") + text(2, "Y") + text(4, "Call") + text(7, "example.unknown");
  const std::string graph = text(1, node) + text(11, value_info("X", 1)) + text(12, value_info("Y", 1));
  const auto model = load(number(1, 8) + text(7, graph) + text(8, text(1, "example.unknown") + number(2, 1)));
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().reason(), "onnx_unsupported");
  EXPECT_EQ(model.error().public_text(), "it needs operators of 'example.unknown', which are not there");
}

TEST(OnnxModel, OutputsHaveTheRoomThatTheyAreGiven) {
  auto model = load(identity(onnx_float));
  ASSERT_TRUE(model.ok());
  w::Infer call = floats({1, 2, 3, 4}, {2, 2});
  call.room = 15;
  EXPECT_EQ(infer(**model, call).error().reason(), "output_too_large");
  call.room = 64;
  EXPECT_TRUE(infer(**model, call).ok());
}

TEST(OnnxModel, OfTreesIsComputedWithoutTheLibraryWhereItAnswersTheSame) {
  auto model = load(tree());
  ASSERT_TRUE(model.ok()) << model.error().describe();
  EXPECT_EQ((*model)->description(), "1 tree, computed natively; equal to onnxruntime on 512 rows");
  const w::Signature& signature = (*model)->signature();
  const auto native = trees::TensorPredictor::read((*model)->plan(), {signature.inputs, signature.outputs});
  ASSERT_TRUE(native.ok()) << native.error().describe();
  const w::Infer call = floats({1, 0, 2, 2, 2, 3}, {3, 2});
  const auto ours = native->predict(call.inputs, {});
  const auto theirs = infer(**model, call);
  ASSERT_TRUE(ours.ok() && theirs.ok());
  EXPECT_EQ(*ours, theirs->outputs);
}

TEST(OnnxModel, OtherGraphsAreForTheLibrary) {
  auto model = load(identity(onnx_float, "Abs"));
  ASSERT_TRUE(model.ok());
  EXPECT_EQ((*model)->plan(), "");
  EXPECT_EQ((*model)->description(), "onnxruntime, CPU");
  model = load(tree("SOFTMAX_ZERO"));
  ASSERT_TRUE(model.ok());
  EXPECT_EQ((*model)->plan(), "");
  EXPECT_EQ((*model)->description().find("onnxruntime, CPU: not natively, TreeEnsembleClassifier: "), 0U) << (*model)->description();
}

TEST(NativeChoice, IsAgainstAPlanThatAnswersOtherwise) {
  const auto graph = wire::onnx::parse_graph(tree());
  ASSERT_TRUE(graph.ok());
  auto model = load(tree());
  ASSERT_TRUE(model.ok());
  const auto run = [&](auto spoil) {
    return choose_native(*graph, (*model)->signature(), [&model, spoil](const w::Infer& call) {
      auto answer = infer(**model, call);
      if (answer) spoil(*answer);
      return answer;
    });
  };
  EXPECT_NE(run([](w::Inferred&) {}).plan, "");
  const NativeChoice labels = run([](w::Inferred& answer) { answer.outputs[0].bytes[0] = 9; });
  EXPECT_EQ(labels.plan, "");
  EXPECT_EQ(labels.words, "the output 'label' differs from ONNX Runtime's");
  const auto shifted = [](float by) {
    return [by](w::Inferred& answer) {
      float first = 0;
      std::memcpy(&first, answer.outputs[1].bytes.data(), sizeof first);
      first += by;
      std::memcpy(answer.outputs[1].bytes.data(), &first, sizeof first);
    };
  };
  EXPECT_NE(run(shifted(5e-7F)).plan, "");
  EXPECT_EQ(run(shifted(2e-6F)).plan, "");
  EXPECT_EQ(run([](w::Inferred& answer) { answer.outputs.pop_back(); }).plan, "");
}

// A loop without end, whose body is a graph of its own.
std::string endless() {
  const auto scalar = [](const std::string& name, std::uint64_t type) {
    return text(1, name) + text(2, text(1, number(1, type) + text(2, "")));
  };
  const std::string trips = number(2, 7) + text(8, "trips") + number(7, ~std::uint64_t{0} >> 1U);
  const std::string on = number(2, 9) + text(8, "on") + number(5, 1);
  const std::string next =
      text(1, text(1, "x") + text(2, "y") + text(4, "Abs")) + text(1, text(1, "go") + text(2, "gone") + text(4, "Identity"));
  const std::string body = next + text(2, "body") + text(11, scalar("i", 7)) + text(11, scalar("go", 9)) + text(11, value_info("x", 1)) +
                           text(12, scalar("gone", 9)) + text(12, value_info("y", 1));
  const std::string loop = text(1, "trips") + text(1, "on") + text(1, "X") + text(2, "Y") + text(4, "Loop") +
                           text(5, text(1, "body") + text(6, body) + number(20, 5));
  const std::string graph =
      text(1, loop) + text(2, "g") + text(5, trips) + text(5, on) + text(11, value_info("X", 1)) + text(12, value_info("Y", 1));
  return number(1, 8) + text(7, graph) + text(8, text(1, "") + number(2, 17));
}

TEST(OnnxModel, StopsWhenItIsToldTo) {
  auto model = load(endless());
  ASSERT_TRUE(model.ok()) << model.error().describe();
  std::stop_source stop;
  std::thread teller([&stop] { stop.request_stop(); });
  EXPECT_EQ((*model)->infer(floats({1, 2}, {1, 2}), stop.get_token()).error().reason(), "infer_failed");
  teller.join();
}

// What is loaded all the same computes, or says why not.
void use(engine::TensorModel& model) {
  std::stop_source stop;
  stop.request_stop();
  static_cast<void>(model.infer(floats({1, 2}, {1, 2}), stop.get_token()));
  if (model.plan().empty()) return;
  const auto native = trees::TensorPredictor::read(model.plan(), {model.signature().inputs, model.signature().outputs});
  ASSERT_TRUE(native.ok()) << native.error().describe();
}

TEST(OnnxModel, SurvivesMutatedFiles) {
  const bool soak = std::getenv("GATEHOUSE_SOAK") != nullptr;
  const std::uint64_t seed = soak ? SystemRandom().next_u64() : 12345;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  SeededRandom dice(seed);
  const std::vector<std::string> whole{identity(onnx_float), identity(onnx_string), tree(), tree(), endless()};
  int loaded = 0;
  for (int i = 0; i < (soak ? 100'000 : 2000); ++i) {
    std::string file = whole[dice.next_u64() % whole.size()];
    for (std::uint64_t k = dice.next_u64() % 4; k > 0; --k)
      file[dice.next_u64() % file.size()] = static_cast<char>(dice.next_u64() & 0xffU);
    if (dice.next_u64() % 16 == 0) file.resize(dice.next_u64() % file.size());
    auto model = load(file);  // or refused
    if (!model) continue;
    ++loaded;
    use(**model);
  }
  EXPECT_GT(loaded, 100);
}

}  // namespace
}  // namespace gatehouse::adapters
