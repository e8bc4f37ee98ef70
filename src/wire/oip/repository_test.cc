#include "gatehouse/wire/oip/repository.h"

#include <gmock/gmock.h>

#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/oip/metadata.h"

namespace gatehouse::wire {
namespace {

JsonValue parsed_body(JsonParser& parser, std::string_view body) { return parser.parse(body).value(); }

TEST(RepositoryBodies, TakeWhatClientsSendAndRefuseWhatWouldChangeAModel) {
  JsonParser parser;
  EXPECT_FALSE(read_repository_index(parsed_body(parser, "{}"))->ready);
  EXPECT_TRUE(read_repository_index(parsed_body(parser, R"({"ready":true})"))->ready);
  EXPECT_FALSE(read_repository_index(parsed_body(parser, R"({"ready":1})")));
  EXPECT_TRUE(read_repository_change(parsed_body(parser, "{}")));
  EXPECT_TRUE(read_repository_change(parsed_body(parser, R"({"parameters":{"unload_dependents":false}})")));
  for (const char* const body :
       {R"({"parameters":{"config":"{}"}})", R"({"parameters":{"file:1/model.onnx":"AA=="}})", R"({"parametres":{}})", "[]"}) {
    EXPECT_FALSE(read_repository_change(parsed_body(parser, body))) << body;
  }
}

TEST(WriteRepositoryIndex, ListsModels) {
  const RepositoryEntry entries[] = {{"iris", "1", "READY", ""}, {"other", "2", "UNAVAILABLE", "unloaded"}};
  std::string out;
  write_repository_index(out, entries);
  EXPECT_EQ(out, R"([{"name":"iris","version":"1","state":"READY","reason":""},)"
                 R"({"name":"other","version":"2","state":"UNAVAILABLE","reason":"unloaded"}])");
}

TEST(WriteStatistics, HasTritonsMembers) {
  ModelStatistics model;
  model.name = "iris", model.version = "1", model.last_inference = 7, model.inferences = 3, model.executions = 2;
  model.success = {2, 900}, model.fail = {1, 50}, model.queue = {2, 100}, model.compute = {2, 700};
  model.input = {2, 30}, model.output = {2, 40}, model.batches = {{1, {1, 10}, {1, 200}, {1, 20}}, {2, {1, 20}, {1, 500}, {1, 20}}};
  const ModelStatistics models[] = {model};
  std::string out;
  write_statistics(out, models);
  EXPECT_EQ(
      out,
      R"({"model_stats":[{"name":"iris","version":"1","last_inference":7,"inference_count":3,"execution_count":2,"inference_stats":{)"
      R"("success":{"count":2,"ns":900},"fail":{"count":1,"ns":50},"queue":{"count":2,"ns":100},"compute_input":{"count":2,"ns":30},)"
      R"("compute_infer":{"count":2,"ns":700},"compute_output":{"count":2,"ns":40},"cache_hit":{"count":0,"ns":0},)"
      R"("cache_miss":{"count":0,"ns":0}},"batch_stats":[)"
      R"({"batch_size":1,"compute_input":{"count":1,"ns":10},"compute_infer":{"count":1,"ns":200},"compute_output":{"count":1,"ns":20}},)"
      R"({"batch_size":2,"compute_input":{"count":1,"ns":20},"compute_infer":{"count":1,"ns":500},"compute_output":{"count":1,"ns":20}}]}]})");
}

TEST(Metadata, IsWrittenAsTheProtocolHasIt) {
  ModelMetadata model;
  model.name = "iris", model.versions = {"1"}, model.platform = "onnx_onnxv1";
  TensorSpec spec;
  spec.name = "X", spec.shape = {-1, 4};
  model.inputs = {spec};
  std::string out;
  write_model_metadata(out, model);
  EXPECT_EQ(
      out,
      R"({"name":"iris","versions":["1"],"platform":"onnx_onnxv1","inputs":[{"name":"X","datatype":"FP32","shape":[-1,4]}],"outputs":[]})");
  out.clear();
  write_model_ready(out, "iris", Readiness::ready);
  EXPECT_EQ(out, R"({"name":"iris","ready":true})");
  out.clear();
  constexpr std::string_view extensions[] = {"binary_tensor_data"};
  write_server_metadata(out, "gatehouse", "1.0", extensions);
  EXPECT_EQ(out, R"({"name":"gatehouse","version":"1.0","extensions":["binary_tensor_data"]})");
}

}  // namespace
}  // namespace gatehouse::wire
